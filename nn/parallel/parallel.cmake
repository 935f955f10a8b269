# gradus_parallel: training on several processes (nn/parallel), which MPI connects, and NCCL between GPUs.
#   AUTO  the default: built if MPI is found.        Debian: libopenmpi-dev, openmpi-bin
#   ON    MPI is required.
#   OFF   not built.
# It is a library of its own, so programs that do not use it need no MPI.
# Sets GRADUS_HAVE_MPI and GRADUS_HAVE_NCCL to 0 or 1.

set(GRADUS_MPI AUTO CACHE STRING "Training on several processes with MPI: AUTO (if found), ON (required) or OFF")
if(NOT GRADUS_MPI MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "GRADUS_MPI is AUTO, ON or OFF, not ${GRADUS_MPI}")
endif()

set(GRADUS_HAVE_MPI 0)
set(GRADUS_HAVE_NCCL 0)
if(NOT GRADUS_MPI STREQUAL "OFF")
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    set(GRADUS_HAVE_MPI 1)
  elseif(GRADUS_MPI STREQUAL "ON")
    message(FATAL_ERROR "GRADUS_MPI=ON, but MPI was not found (Debian: libopenmpi-dev openmpi-bin)")
  endif()
endif()

# NCCL sums gradients between GPUs. Without it they travel through the host's memory and MPI.
if(GRADUS_HAVE_MPI AND GRADUS_CUDA_MODE STREQUAL "ON")
  find_path(GRADUS_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(GRADUS_NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(GRADUS_NCCL_INCLUDE AND GRADUS_NCCL_LIBRARY)
    set(GRADUS_HAVE_NCCL 1)
  endif()
endif()
message(STATUS "Gradus with MPI: ${GRADUS_HAVE_MPI}, with NCCL: ${GRADUS_HAVE_NCCL}")

# Adds the library, if there is MPI.
function(gradus_add_parallel)
  if(NOT GRADUS_HAVE_MPI)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS nn/parallel/*.cpp)
  if(NOT GRADUS_HAVE_NCCL)
    list(FILTER sources EXCLUDE REGEX "nccl\\.cpp$")
  endif()
  add_library(gradus_parallel ${sources})
  add_library(gradus::parallel ALIAS gradus_parallel)
  target_link_libraries(gradus_parallel PUBLIC gradus_core PRIVATE MPI::MPI_CXX)
  target_compile_options(gradus_parallel PRIVATE ${gradus_optimisation})
  target_compile_definitions(gradus_parallel PUBLIC GRADUS_HAVE_MPI=1 PRIVATE
    OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX # MPI's C interface; the C++ one has been removed from the standard
    GRADUS_HAVE_NCCL=${GRADUS_HAVE_NCCL} GRADUS_VERSION="${PROJECT_VERSION}")
  if(GRADUS_HAVE_NCCL)
    target_include_directories(gradus_parallel SYSTEM PRIVATE ${GRADUS_NCCL_INCLUDE} ${CUDAToolkit_INCLUDE_DIRS})
    target_link_libraries(gradus_parallel PRIVATE ${GRADUS_NCCL_LIBRARY} CUDA::cudart_static)
  endif()
  set_target_properties(gradus_parallel PROPERTIES EXPORT_NAME parallel)
  install(TARGETS gradus_parallel EXPORT gradus-targets)
endfunction()

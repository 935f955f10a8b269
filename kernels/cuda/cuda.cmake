# The kernels of CUDA devices, added to the library in one of two ways from the same .cu files:
#   ON        nvcc compiles them for GPUs.                      Needs the CUDA toolkit.
#   EMULATED  the C++ compiler compiles them for the processor. Needs Boost.Context.
# AUTO means ON if there are nvcc and a GPU, else EMULATED if there is Boost.Context, else OFF. nvcc without a GPU is not
# enough for ON: compiling takes minutes, and this machine could not run the kernels.
# Sets GRADUS_CUDA_MODE to ON, EMULATED or OFF.

set(GRADUS_CUDA AUTO CACHE STRING "CUDA kernels: AUTO, ON (nvcc), EMULATED (on the processor) or OFF")
if(NOT GRADUS_CUDA MATCHES "^(AUTO|ON|EMULATED|OFF)$")
  message(FATAL_ERROR "GRADUS_CUDA is AUTO, ON, EMULATED or OFF, not ${GRADUS_CUDA}")
endif()

# Asked once, when the build folder is made, so that the folder keeps its mode.
if(GRADUS_CUDA STREQUAL "AUTO" AND NOT DEFINED CACHE{GRADUS_HAS_GPU})
  execute_process(COMMAND nvidia-smi -L RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed STREQUAL "0")
    set(GRADUS_HAS_GPU ON CACHE INTERNAL "")
  else()
    set(GRADUS_HAS_GPU OFF CACHE INTERNAL "")
  endif()
endif()

set(GRADUS_CUDA_MODE OFF)
if(GRADUS_CUDA STREQUAL "ON" OR (GRADUS_CUDA STREQUAL "AUTO" AND GRADUS_HAS_GPU))
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(GRADUS_CUDA_MODE ON)
  elseif(GRADUS_CUDA STREQUAL "ON")
    message(FATAL_ERROR "GRADUS_CUDA=ON, but nvcc was not found; -DCMAKE_CUDA_COMPILER=… says where it is")
  endif()
endif()
if(GRADUS_CUDA STREQUAL "EMULATED" OR (GRADUS_CUDA STREQUAL "AUTO" AND GRADUS_CUDA_MODE STREQUAL "OFF"))
  find_package(Boost 1.70 QUIET COMPONENTS context)
  if(Boost_CONTEXT_FOUND)
    set(GRADUS_CUDA_MODE EMULATED)
  elseif(GRADUS_CUDA STREQUAL "EMULATED")
    message(FATAL_ERROR "GRADUS_CUDA=EMULATED, but Boost.Context was not found (Debian: libboost-context-dev)")
  endif()
endif()
message(STATUS "Gradus with CUDA: ${GRADUS_CUDA_MODE}")

file(GLOB cuda_sources CONFIGURE_DEPENDS kernels/cuda/*.cpp)
file(GLOB cuda_kernels CONFIGURE_DEPENDS kernels/cuda/*.cu)
file(GLOB emulator_sources CONFIGURE_DEPENDS kernels/cuda/emulator/*.cpp)
gradus_exchange(cuda_kernels)
set(emulated_cuda ${cuda_sources} ${cuda_kernels} ${emulator_sources})

if(GRADUS_CUDA_MODE STREQUAL "ON")
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual) # the driver of any newer GPU compiles it for itself, once
  endif()
  if(NOT CMAKE_CUDA_RUNTIME_LIBRARY)
    set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  endif()
  if(GRADUS_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${GRADUS_CCACHE})
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  set_source_files_properties(${cuda_sources} PROPERTIES INCLUDE_DIRECTORIES "${CUDAToolkit_INCLUDE_DIRS}")
elseif(GRADUS_CUDA_MODE STREQUAL "EMULATED")
  set_source_files_properties(${emulated_cuda} PROPERTIES COMPILE_DEFINITIONS GRADUS_CUDA_EMULATED=1)
  # The C++ compiler does not know the ending .cu, so `-x c++` says what it is. Emulated kernels must be right, not fast.
  # With -O1 they compile in half the time and run almost as fast as with -O3, since the emulator spends its time in
  # switches between threads.
  set_source_files_properties(${cuda_kernels} PROPERTIES LANGUAGE CXX
    COMPILE_OPTIONS "-x;c++;-Wno-unknown-pragmas;$<$<NOT:$<CONFIG:Debug>>:-O1>")
endif()

# Instrumented builds of the emulated kernels, as object files. A test that has these among its sources uses them
# instead of the library's kernels, because the linker prefers object files to members of a library.
#   cuda_asan          the kernels and the emulator with AddressSanitizer and UndefinedBehaviorSanitizer
#   cuda_race_kernels  the kernels for the race check of emulator/race_check.h
#   cuda_race          the emulator with this race check; the emulator itself is not instrumented
set(gradus_asan_flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
set(gradus_race_flags -fsanitize=thread -Wno-tsan)
function(gradus_add_instrumented_kernels)
  foreach(objects cuda_asan cuda_race cuda_race_kernels)
    add_library(${objects} OBJECT EXCLUDE_FROM_ALL)
    target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_features(${objects} PRIVATE cxx_std_20)
    target_compile_options(${objects} PRIVATE ${gradus_optimisation} -O1 -g1)
    target_link_libraries(${objects} PRIVATE Boost::context)
  endforeach()
  target_sources(cuda_asan PRIVATE ${emulated_cuda})
  target_compile_options(cuda_asan PRIVATE ${gradus_asan_flags})
  target_sources(cuda_race PRIVATE ${cuda_sources} ${emulator_sources})
  target_sources(cuda_race_kernels PRIVATE ${cuda_kernels})
  target_compile_options(cuda_race_kernels PRIVATE ${gradus_race_flags})
  target_compile_definitions(cuda_race PRIVATE GRADUS_RACE_CHECK=1)
  target_compile_definitions(cuda_race_kernels PRIVATE GRADUS_RACE_CHECK=1)
endfunction()

# Adds the kernels to the library.
function(gradus_add_cuda_kernels)
  if(GRADUS_CUDA_MODE STREQUAL "OFF")
    return()
  endif()
  set_source_files_properties(kernels/kernels.cpp PROPERTIES COMPILE_DEFINITIONS GRADUS_HAVE_CUDA=1)
  if(GRADUS_CUDA_MODE STREQUAL "EMULATED")
    target_sources(gradus_core PRIVATE ${emulated_cuda})
    target_link_libraries(gradus_core PRIVATE Boost::context)
    gradus_add_instrumented_kernels()
    return()
  endif()
  target_sources(gradus_core PRIVATE ${cuda_sources} ${cuda_kernels})
  target_compile_options(gradus_core PRIVATE # CMake 3.25 knows no cuda_std_20
    "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-Xcompiler=-Wall,-Wextra;-Werror=all-warnings>")
  # LINK_ONLY: the other sources do not need CUDA's headers.
  if(CMAKE_CUDA_RUNTIME_LIBRARY STREQUAL "Shared")
    target_link_libraries(gradus_core PRIVATE $<LINK_ONLY:CUDA::cudart>)
  else()
    target_link_libraries(gradus_core PRIVATE $<LINK_ONLY:CUDA::cudart_static>)
  endif()
endfunction()

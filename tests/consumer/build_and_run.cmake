# cmake -D WAY=… -D GRADUS_SOURCE=… -D GRADUS_BUILD=… -D WORK=… -D GENERATOR=… -D COMPILER=… -D FLAGS=… -P this
# Builds and runs the consumer. Gradus is either installed from GRADUS_BUILD, or a part of the build, from GRADUS_SOURCE.

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(WAY STREQUAL "find_package")
  file(REMOVE_RECURSE ${WORK}) # otherwise a header that is no longer installed would still be found
  run(${CMAKE_COMMAND} --install ${GRADUS_BUILD} --prefix ${WORK}/prefix)
endif()
# Without optimisation and debugging information, which is the quickest to build.
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
  -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS_DEBUG=-O0 -D CMAKE_CXX_FLAGS=${FLAGS}
  -D WAY=${WAY} -D GRADUS_SOURCE=${GRADUS_SOURCE} -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)

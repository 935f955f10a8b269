# cmake -D WAY=… -D GRADUS_SOURCE=… -D GRADUS_BUILD=… -D WORK=… -D GENERATOR=… -D COMPILER=… -D FLAGS=… -P this
# Builds the consumer against Gradus, installed from GRADUS_BUILD or built along from GRADUS_SOURCE, and runs it.

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(WAY STREQUAL "find_package")
  file(REMOVE_RECURSE ${WORK}) # or a header that is no longer installed would still be found
  run(${CMAKE_COMMAND} --install ${GRADUS_BUILD} --prefix ${WORK}/prefix)
endif()
# Neither optimised nor with debugging information: that is the quickest to build, and the program is small.
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
  -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS_DEBUG=-O0 -D CMAKE_CXX_FLAGS=${FLAGS}
  -D WAY=${WAY} -D GRADUS_SOURCE=${GRADUS_SOURCE} -D CMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)

# The course's capstone: sources of your own take the places of those of the library that have the same path.
#
#     cmake … -D GRADUS_COURSE_MINE=docs/course/mine        mine/autograd/engine.cpp replaces autograd/engine.cpp
#
# See capstone.md.
set(GRADUS_COURSE_MINE "" CACHE PATH "A folder with sources that replace those of Gradus (docs/course/capstone.md)")
set(gradus_mine)
if(GRADUS_COURSE_MINE)
  file(GLOB_RECURSE gradus_mine RELATIVE ${GRADUS_COURSE_MINE} CONFIGURE_DEPENDS
    ${GRADUS_COURSE_MINE}/*.cpp ${GRADUS_COURSE_MINE}/*.cu)
endif()

# Exchanges the sources in the list of this name.
macro(gradus_exchange sources)
  foreach(file ${gradus_mine})
    if(${PROJECT_SOURCE_DIR}/${file} IN_LIST ${sources})
      list(REMOVE_ITEM ${sources} ${PROJECT_SOURCE_DIR}/${file})
      list(APPEND ${sources} ${GRADUS_COURSE_MINE}/${file})
      list(APPEND gradus_exchanged ${file})
      # A file that is half written has parameters that nothing uses: a warning is enough.
      set_source_files_properties(${GRADUS_COURSE_MINE}/${file} PROPERTIES COMPILE_OPTIONS -Wno-error)
    endif()
  endforeach()
endmacro()

# Fails if one of the files has replaced nothing.
function(gradus_check_exchanged)
  if(GRADUS_COURSE_MINE AND NOT gradus_mine)
    message(FATAL_ERROR "GRADUS_COURSE_MINE=${GRADUS_COURSE_MINE} has no .cpp or .cu file")
  endif()
  foreach(file ${gradus_mine})
    if(NOT file IN_LIST gradus_exchanged)
      message(FATAL_ERROR "${GRADUS_COURSE_MINE}/${file} replaces nothing: this build has no ${file}. Its path in that "
        "folder must be that of a source of Gradus.")
    endif()
    message(STATUS "Gradus with ${GRADUS_COURSE_MINE}/${file}")
  endforeach()
endfunction()

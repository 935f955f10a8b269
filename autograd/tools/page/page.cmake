# The page of tape_html: tape.html with the style and the script, as a string literal in tape_page.h. A browser needs
# one file, and so does a program that was installed somewhere else.
set(page_folder ${CMAKE_CURRENT_LIST_DIR})
foreach(part css js)
  file(READ ${page_folder}/tape.${part} tape_${part})
endforeach()
file(READ ${page_folder}/tape.html page)
string(CONFIGURE "${page}" page @ONLY)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/page/tape_page.h CONTENT "R\"page(${page})page\"\n" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${page_folder}/tape.html ${page_folder}/tape.css ${page_folder}/tape.js)
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/autograd/tools/tape_html.cpp PROPERTIES
  INCLUDE_DIRECTORIES ${CMAKE_CURRENT_BINARY_DIR}/page)

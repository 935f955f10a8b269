# Doxygen's input filter: gives each name of a header the comment that a reader would take for it. Doxygen itself knows
# only comments of its own form, directly above a name. Here a name has the first of these:
#
#   1. the comment above it, `//` or `///`
#   2. the comment at the end of its line:          const Tensor& grad() const;  // undefined until …
#   3. the default of an option:                    GRADUS_ARG(double, eps) = 1e-8;
#   4. the comment of its paragraph:                one comment above several lines, up to the next empty line
#   5. what it is, if its line says so:             size_t size() const { return items_.size(); }
#                                                   using Linear = ModuleHolder<LinearImpl>;
#   6. only classes and structs:                    the first paragraph of the file's head
#      only constructors:                           the comment of their class
#
# An op also gets its formula and its rule from docs/ops.md, whether it is a function, a method or in place.
# A name that has none of these stays without a comment, and Doxygen reports it.
BEGIN {
  while ((getline line < "docs/ops.md") > 0)
    if (line ~ /^\| `/) {
      gsub(/\\\|/, "¦", line)  # a bar within a formula
      split(line, columns, "|")
      name = columns[2]; gsub(/[` ]|\(.*/, "", name)
      formula = trimmed(columns[3]); gsub("¦", "|", formula)
      if (!(name in formulas)) formulas[name] = formula
    }
}

function indentation(line) { match(line, /^ */); return RLENGTH }
function trimmed(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

# Prints `text` as a comment of Doxygen. Lines of a paragraph are separated by \001.
function document(text, spaces,    lines, count, i) {
  count = split(text, lines, "\001")
  for (i = 1; i <= count; ++i) printf "%s///%s\n", spaces, (lines[i] == "" ? "" : " " lines[i])
}

# Without "template <…>" at its beginning.
function without_template(text,    i, depth, letter) {
  if (text !~ /^ *template *</) return text
  for (i = index(text, "<"); i <= length(text); ++i) {
    letter = substr(text, i, 1)
    if (letter == "<") ++depth
    if (letter == ">" && --depth == 0) return substr(text, i + 1)
  }
  return ""
}
function is_type(text) { return without_template(text) ~ /^ *(class|struct|enum|union) / }

function is_constructor(line,    name) {
  name = class_at[indentation(line)]
  return name != "" && line ~ ("^ *(explicit |constexpr )*" name "\\(")
}

# Adds the formula of the op that a line declares, as exp(x), x.exp() or x.exp_().
function with_formula(text, line,    name, formula) {
  if (!match(line, /[A-Za-z0-9_]+\(/)) return text
  name = substr(line, RSTART, RLENGTH - 1)
  if (line !~ /^ *(inline )?(Tensor&?|std::(vector|tuple|pair)<[^>]*>) [a-z]/) return text
  sub(/_$/, "", name)
  if (!(name in formulas)) return text
  formula = formulas[name]
  return text == "" ? formula : text "\001\001" formula
}

# The first line of a declaration: its comment.
function begin_declaration(line,    spaces, inner, text) {
  sub(/ +\/\/ NOLINT.*$/, "", line)
  spaces = sprintf("%" indentation(line) "s", "")
  text = ""
  if (above != "") text = above
  else if (match(line, /[;{}] +\/\/ /)) text = substr(line, RSTART + RLENGTH)
  else if (line ~ /^ *GRADUS_ARG\(/ && line ~ / = /) {
    inner = line; sub(/^.* = /, "", inner); sub(/;.*$/, "", inner)
    text = "By default `" inner "`."
  }
  else if (paragraph != "" && paragraph_indentation == indentation(line)) text = paragraph
  else if (match(line, /\{ return .*; \}$/)) text = "Returns `" substr(line, RSTART + 9, RLENGTH - 12) "`."
  else if (match(line, /^ *(using|inline constexpr) .* = .*;$/)) {
    inner = line; sub(/^[^=]* = /, "", inner); sub(/;$/, "", inner)
    text = "Stands for `" inner "`."
  }
  else if (match(line, /^GRADUS_LAYER\([A-Za-z0-9]+, /)) {
    inner = line; sub(/^GRADUS_LAYER\([A-Za-z0-9]+, /, "", inner); sub(/,.*$/, "", inner)
    text = "The function `" inner "` as a layer." (inner in formulas ? "\001\001" formulas[inner] : "")
  }
  else if (is_type(line) || next_is_type) text = head
  else if (class_at[indentation(line)] == "Methods") text = "The function of the same name, with this tensor as its first argument."
  else if (is_constructor(line)) text = "See " class_at[indentation(line)] "."
  text = text_of_last = with_formula(text, line)
  if (text != "") document(text, spaces)
  if (is_type(line)) {
    match(line, /(class|struct) [A-Za-z0-9_]+/)
    inner = substr(line, RSTART, RLENGTH); sub(/^.* /, "", inner)
    class_at[indentation(line) + 2] = inner
  }
  if (above != "") { paragraph = above; paragraph_indentation = indentation(line) }
  above = ""
}

NR == 1 && /^\/\// { in_head = 1; print "/// @file" }
in_head && !/^\/\// { in_head = 0; head_complete = 1; print "" }
in_head {
  text = $0; sub(/^\/\/ ?/, "", text)
  print "/// " text
  if (text == "") head_complete = 1
  if (!head_complete) head = head (head == "" ? "" : "\001") text
  next
}

# Special functions have nothing to be said of.
!body && /= (default|delete);/ && !open { above = ""; print ""; next }
!body && /operator=\(/ && /;$/ && !open && /&&? operator=\(/ { above = ""; print ""; next }

# Saving and loading visit the members by fields(), and a layer calls operator() of its options; no user calls either.
!body && !open && /^ *Tensor operator\(\)\(const Tensor& .*[{]$/ { above = ""; body = hidden = 1; body_indentation = indentation($0) }
!body && !open && /^ *Tensor operator\(\)\(const Tensor& .*const/ { above = ""; print ""; next }
!body && !open && /^ *(virtual )?void (state_)?fields\(.*\{$/ { above = ""; body = hidden = 1; body_indentation = indentation($0) }
!body && !open && /^ *(virtual )?void (state_)?fields\(/ { above = ""; print ""; next }
hidden { if (indentation($0) == body_indentation && $0 ~ /^ *}/) body = hidden = 0; print ""; next }

body { print; if (indentation($0) == body_indentation && $0 ~ /^ *}/) body = 0; next }

/^ *\/\/ ---- / { above = paragraph = ""; has_above = 0; print; next }
/^ *\/\/\/? ?/ && !open {
  text = $0; sub(/^ *\/\/\/? ?/, "", text)
  above = (above == "" && !has_above ? "" : above "\001") text
  has_above = 1
  print ""; next
}
/^ *$/ { above = paragraph = ""; has_above = 0; print; next }
/^ *#/ { print; next }
/^ *(public|protected|private):/ { above = paragraph = ""; has_above = 0; print; next }
/^ *(namespace|extern|using namespace|friend class|static_assert)/ && !open { above = ""; has_above = 0 }
/^ *}/ && !open { above = ""; print; next }

{
  if (!open && $0 !~ /^ *(namespace|extern "C"|using namespace|friend class|static_assert)/) {
    has_above = 0
    open = 1
    declaration = ""
    start_indentation = indentation($0)
    # `template <class T>` stands on a line of its own: the type follows.
    if ($0 ~ /^ *template/ && $0 !~ /(class|struct) [A-Za-z]+.*[{;]$/) {
      pending[++pending_count] = $0
      next
    }
    begin_declaration($0)
  } else if (pending_count) {
    pending[++pending_count] = $0
    if ($0 !~ /[;{}]( *\/\/.*)?$/ && $0 ~ />$/) next
    next_is_type = is_type($0)
    above_line = pending[1]
    begin_declaration($0 ~ /^ *requires/ ? above_line : $0)
    next_is_type = 0
    for (i = 1; i < pending_count; ++i) print pending[i]
    for (i = 1; i < pending_count; ++i) declaration = declaration pending[i]
    pending_count = 0
  }
  # `Tensor weight, bias;` are two members: Doxygen would give the comment to the first only.
  if ($0 ~ /^ *(const )?[A-Za-z0-9_:<>]+ [&*]?[A-Za-z0-9_]+( = [^,;()]+)?(, [&*]?[A-Za-z0-9_]+( = [^,;()]+)?)+;/) {
    members = $0; sub(/;.*$/, "", members)
    match(members, /^ *(const )?[A-Za-z0-9_:<>]+ /)
    kind = substr(members, 1, RLENGTH)
    count = split(substr(members, RLENGTH + 1), names, ", ")
    for (i = 1; i <= count; ++i) { if (i > 1 && text_of_last != "") document(text_of_last, ""); print kind names[i] ";" }
    open = 0
    next
  }
  declaration = declaration $0
  code = $0; sub(/ *\/\/.*$/, "", code)
  if (open && code ~ /[;}]$/) open = 0
  else if (open && code ~ /{$/) {
    open = 0
    if (!is_type(declaration)) { body = 1; body_indentation = start_indentation }
  }
  print
}

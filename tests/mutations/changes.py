"""Finds places in C++ where a small change can be made, and puts the changes behind switches.

A change belongs to the smallest piece of code around it that can stand twice in a program, once changed and once as it
was. There are four kinds of piece, and this is what becomes of them if change 7 is one of their changes:

    return a + b;           { if (mutation(7)) return a - b; return a + b; }
    total += a;             { if (mutation(7)) { total -= a; } else { total += a; } }
    const int n = a + b;    const int n = (mutation(7) ? (a - b) : (a + b));
    if (a < b)              if ((mutation(7) ? (a <= b) : (a < b)))

So one build has all changes, and the environment variable GRADUS_MUTATION chooses one of them (switch.h). The text is
not parsed: clang-format puts spaces around binary operators and none around template brackets, and that tells them
apart. What does not compile is left out (the script `run`).
"""
import re
from dataclasses import dataclass, field

# The kinds of change: a name, a pattern, and what its match becomes.
TERM = r"(?:[\w.]|->|::)+(?:\([^()]*\)|\[[^\[\]]*\])?"  # x, x.y, f(x), x[i]
KINDS = [
    ("+ is -", r"(?<= )\+(?= )", "-"),
    ("- is +", r"(?<= )-(?= )", "+"),
    ("* is +", r"(?<= )\*(?= )", "+"),
    ("/ is *", r"(?<= )/(?= )", "*"),
    ("a term is dropped", rf" [-+] {TERM}(?=[;,) ])", ""),
    ("a factor is dropped", rf" [*/] {TERM}(?=[;,) ])", ""),
    ("the sign is dropped", r"(?<=[(,=?:n] )-(?=[\w(])|(?<=\()-(?=[\w(])", ""),
    ("< is <=", r" < ", " <= "),
    ("<= is <", r" <= ", " < "),
    ("> is >=", r" > ", " >= "),
    (">= is >", r" >= ", " > "),
    ("== is !=", r" == ", " != "),
    ("!= is ==", r" != ", " == "),
    ("&& is ||", r" && ", " || "),
    ("|| is &&", r" \|\| ", " && "),
    ("! is dropped", r"!(?=[\w(])", ""),
    ("true is false", r"\btrue\b", "false"),
    ("false is true", r"\bfalse\b", "true"),
    ("accumulating is storing", r" [-+*]= ", " = "),
    ("+= is -=", r" \+= ", " -= "),
    ("-= is +=", r" -= ", " += "),
    ("0 is 1", r"(?<![\w.])0(?![\w.])", "1"),
    ("1 is 0", r"(?<![\w.])1(?![\w.])", "0"),
    ("n is n + 1", r"(?<![\w.])([2-9]|\d\d+)(?![\w.])", lambda match, text: str(int(match[0]) + 1)),
    ("sin is cos", r"\bsin(?=h?\()", "cos"),
    ("cos is sin", r"\bcos(?=h?\()", "sin"),
    ("exp is expm1", r"\bexp(?=\()", "expm1"),
    ("log is log1p", r"\blog(?=\()", "log1p"),
    ("sqrt is abs", r"\bsqrt(?=\()", "abs"),
    ("min is max", r"\bmin(?=[(<])", "max"),
    ("max is min", r"\bmax(?=[(<])", "min"),
    ("arguments are swapped", rf"(?<=[\w>]\()({TERM}), ({TERM})(?=[,)])",
     lambda match, text: f"{text[slice(*match.span(2))]}, {text[slice(*match.span(1))]}"),
]
# Two more kinds change a whole piece.
DROPPED, NEGATED = "a statement is dropped", "a condition is negated"


@dataclass
class Change:
    kind: str
    path: str
    line: int
    first_line: int  # of its piece
    last_line: int
    old: str    # the piece as it is, and as it becomes, both on one line
    new: str
    number: int = 0

    def __str__(self):
        """Its name in the results and in equivalent.txt, which has no line number: other changes would move it."""
        return f"{self.path}: {self.kind}: {self.old}  -->  {self.new}"


@dataclass
class Piece:
    begin: int
    end: int
    form: str   # "return", "statement", "step" (of a for), "value" or "condition"
    changes: list = field(default_factory=list)


def without(text, strings):
    """The text with comments, and strings if asked, replaced by as many spaces. Lines stay where they are."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''

    def blank(match):
        is_comment = match[0].startswith("/")
        return re.sub(r"[^\n]", " ", match[0]) if is_comment or strings else match[0]

    return re.sub(pattern, blank, text, flags=re.S)


NO_STATEMENT = re.compile(r"(using|typedef|template|struct|class|enum|static_assert|namespace|friend|extern|throw|break|"
                          r"continue|delete|requires|explicit|virtual|operator|public|private|protected|#|\[\[|"
                          r"((static|inline) )*(constexpr|constinit)\b|static_cast|GRADUS_|TORCH_)")
DECLARATION = re.compile(r"(?:(?:const|static|mutable|inline|thread_local) )*[\w:]+(?:<.*?>)?(?: const)?[&*]* [&*]*"
                         r"(?:\w+|\[[^\]]*\]) = (?=[^\[{])", re.S)
EXPRESSION = re.compile(r"(\+\+|--)|[\w:.>\-\[\]*()&]+?(\(| [-+*/|&^%]?= |\+\+|--)")


def declarators(code, begin, end):
    """Splits the values of `int a = 1, b = 2;`: code[begin:end] begins with the first."""
    depth, start = 0, begin
    for at in range(begin, end):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(code[at], 0)
        following = re.compile(r",\s+[&*]*\w+(?: = |(?=[,;{]))").match(code, at, end + 1)
        if depth == 0 and following:
            yield Piece(start, at, "value")
            start = following.end()
    yield Piece(start, end, "value")


def pieces_in(code, begin, end):
    """The pieces of a statement code[begin:end], which ends with a semicolon."""
    begin = re.compile(r"\s*(?:else\s|case [\w:]+:(?!:)\s|default:\s)*\s*(?:\[\[\w+\]\]\s*)?").match(code, begin, end).end()
    text = code[begin:end]
    if text.startswith("return "):
        return [] if text.startswith("return [") else [Piece(begin, end, "return")]
    if NO_STATEMENT.match(text):
        return []
    declaration = DECLARATION.match(text)
    if declaration:
        return list(declarators(code, begin + declaration.end(), end - 1))
    return [Piece(begin, end, "statement")] if EXPRESSION.match(text) else []


def condition_of(code, begin, end):
    """The condition in what stands between the brackets of an `if`, a `while` or a `for`."""
    begin = max(begin, code.rfind(";", begin, end) + 1)
    while code[begin] in " \n":
        begin += 1
    return [] if DECLARATION.match(code, begin, end) or begin >= end else [Piece(begin, end, "condition")]


def pieces_of(code):
    """All pieces of code, which has neither comments nor strings. A stack holds the open brackets, and where the
    statement began that each is part of."""
    pieces, stack, begin = [], [("{", 0)], 0
    for at, character in enumerate(code):
        if character in "([":
            word = re.search(r"\b(if|while|for|if constexpr) $", code[max(0, at - 14):at])
            stack.append((word[1] if word else character, begin))
            begin = at + 1 if word else begin
        elif character == "{":
            stack.append(("{", begin))
            begin = at + 1
        elif character in ")]}" and len(stack) > 1:
            opened, before = stack.pop()
            if opened in ("if", "while"):
                pieces += condition_of(code, begin, at)
            elif opened == "for" and ";" in code[begin - 1:begin]:
                if code[begin:at].strip():
                    pieces.append(Piece(begin + 1, at, "step"))
            follows = code[at + 1:at + 3].lstrip()[:1]
            goes_on = opened in "([" or (opened == "{" and follows and follows in ";,.)(+-*/?<>=&|:]")
            begin = before if goes_on else at + 1
        elif character == ";":
            if stack[-1][0] == "{":
                pieces += pieces_in(code, begin, at + 1)
            elif stack[-1][0] == "for":
                is_first = ";" not in code[begin - 1:begin]
                pieces += pieces_in(code, begin, at + 1) if is_first else condition_of(code, begin, at)
            begin = at + 1
        elif character == "#" and code[:at].rpartition("\n")[2].strip() == "":
            begin = code.find("\n", at)
    return [piece for piece in pieces if code[piece.begin:piece.end].strip()]


def on_one_line(text):
    return re.sub(r"\s+", " ", text).strip()


def find(path, text):
    """The pieces of a file, with every change that can be made in them."""
    code, bare = without(text, True), without(text, False)
    pieces = sorted(pieces_of(code), key=lambda piece: piece.end - piece.begin)

    def add(piece, kind, begin, end, new):
        old = bare[piece.begin:piece.end]
        changed = bare[piece.begin:begin] + new + bare[end:piece.end]
        lines = [text.count("\n", 0, at) + 1 for at in (begin, piece.begin, piece.end)]
        piece.changes.append(Change(kind, path, *lines, on_one_line(old), on_one_line(changed)))

    for kind, pattern, new in KINDS:
        for match in re.finditer(pattern, code):
            inside = [piece for piece in pieces if piece.begin <= match.start() and match.end() <= piece.end]
            if inside:
                add(inside[0], kind, *match.span(), new(match, bare) if callable(new) else new)
    for piece in pieces:
        if piece.form == "statement":
            add(piece, DROPPED, piece.begin, piece.end, ";")
        elif piece.form == "condition":
            add(piece, NEGATED, piece.begin, piece.end, f"!({bare[piece.begin:piece.end]})")
    return pieces


def switched(text, pieces):
    """The text with all changes that have a number behind their switches. No line moves."""
    bare = without(text, False)
    pieces = [piece for piece in pieces if any(change.number for change in piece.changes)]

    def render(begin, end):
        inner = [piece for piece in pieces if begin <= piece.begin and piece.end <= end]
        outermost = [p for p in inner if not any(q is not p and q.begin <= p.begin and p.end <= q.end for q in inner)]
        result = ""
        for piece in sorted(outermost, key=lambda piece: piece.begin):
            result += bare[begin:piece.begin] + render_piece(piece)
            begin = piece.end
        return result + bare[begin:end]

    def render_piece(piece):
        pieces.remove(piece)
        original = render(piece.begin, piece.end)
        changes = [(f"mutation({change.number})", change.new) for change in piece.changes if change.number]
        if piece.form == "return":
            return "{ " + "".join(f"if ({on}) {new} " for on, new in changes) + original + " }"
        if piece.form == "statement":
            return "{ " + "".join(f"if ({on}) {{ {new} }} else " for on, new in changes) + f"{{ {original} }} }}"
        void = "(void)" if piece.form == "step" else ""
        return "(" + "".join(f"{on} ? {void}({new}) : " for on, new in changes) + f"{void}({original}))"

    return f'#include "tests/mutations/switch.h"\n#line 1\n{render(0, len(text))}'

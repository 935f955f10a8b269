"""Makes the pages of the site from those of the project, and checks the links of the result. ./docs/site/run calls it.

The pages are written for GitHub. Three things differ here:

- Links to sources lead out of docs/. Each source that a page links to becomes a page of its own, source/PATH.md.
- README.md is the first page.
- Python-Markdown wants what belongs to an item of a list indented by four columns.
"""
import html.parser
import json
import pathlib
import re
import shutil
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
ITEM = re.compile(r"( *)([-*]|\d+\.)( +)")
LANGUAGES = {".h": "cpp", ".cpp": "cpp", ".cu": "cpp", ".py": "python", ".cmake": "cmake", "": "bash", ".json": "json"}

# The pages in their order. A folder stands for all its pages, and a name may have "*". What is left in docs/ comes
# under "More".
NAV = [
    ("Gradus", ["README.md", "docs/on-your-machine.md"]),
    ("Course", ["docs/course/README.md", "docs/course/[0-9]*.md", "docs/cuda.md", "docs/course/capstone.md",
                "docs/course/teachers.md"]),
    ("Labs", ["docs/labs"]),
    ("How it is built", ["docs/architecture.md", "docs/programs.md", "docs/parallel.md", "docs/cuda-kernels.md",
                         "docs/performance.md", "docs/reliability.md", "docs/CONTRIBUTING.md", "docs/CHANGELOG.md"]),
    ("Reference", ["docs/ops.md", "docs/edges.md", "docs/pytorch.md"]),
]


def anchor(text, separator="-"):
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]*>|[`*]", "", text).lower())
    return text.strip().replace(" ", separator)


def place_of(path):
    """Where a file of the project is in the site's pages: README.md → index.md, docs/ops.md → ops.md."""
    if path == ROOT / "README.md":
        return "index.md"
    name = path.relative_to(ROOT).as_posix()
    if name.startswith("docs/") and (path.suffix in {".md", ".png", ".svg"}):
        return name.removeprefix("docs/")
    return "source/" + re.sub(r"(^|/)[.]", r"\1", name) + ".md"  # MkDocs leaves out what begins with a point


def with_links(text, page, sources):
    """The text of a page with its links changed. Adds the sources to which it links to `sources`."""
    def changed(match):
        address, mark, place = match[2].partition("#")
        target = (page.parent / urllib.parse.unquote(address)).resolve()
        if "://" in match[2] or not address or not target.is_relative_to(ROOT) or not target.exists():
            return match[0]
        if target.is_dir():
            target = target / "README.md"
            if not target.exists():
                return match[0]
        if place_of(target).startswith("source/"):
            sources.add(target)
        up = "../" * place_of(page).count("/")
        return match[1] + up + place_of(target) + mark + place + match[3]
    return LINK.sub(changed, text)


def with_deep_lists(text):
    """The text with lists indented by four columns a level, and an empty line before each list."""
    lines, levels, fence = [], [], False  # levels: the columns at which the items' texts begin
    for line in text.split("\n"):
        indentation = len(line) - len(line.lstrip())
        item = None if fence else ITEM.match(line)
        while levels and line.strip() and indentation < (levels[-1] if not item else levels[-1] - 1):
            levels.pop()
        if item and len(item[1]) < 4 + (levels[-1] if levels else 0):
            if not levels and lines and lines[-1].strip() and not fence:
                lines.append("")
            levels.append(len(item[0]))
            lines.append("    " * (len(levels) - 1) + item[2] + " " + line[len(item[0]):])
        elif levels and line.strip():
            lines.append("    " * len(levels) + line[levels[-1]:])
        else:
            lines.append(line)
        if line.lstrip().startswith("```"):
            fence = not fence
    return "\n".join(lines)


def blocks(text):
    """The parts of a page: (is_code, text). The links and lists of code stay as they are."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    return [(i % 2 == 1, part) for i, part in enumerate(parts)]


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def pages_of(entry):
    path = ROOT / entry
    if path.is_dir():
        return sorted(path.rglob("*.md"), key=lambda page: (page.name != "README.md", page.name))
    return sorted(ROOT.glob(entry))


def check_paragraphs(page):
    """A line that begins with "6. " would begin a list in the middle of a paragraph."""
    text = "".join(part for is_code, part in blocks(page.read_text()) if not is_code)
    for before, line in re.findall(r"^([A-Za-z`(].*)\n(\d+\. .*)$", text, flags=re.M):
        raise SystemExit(f"{page.relative_to(ROOT)}: break this paragraph elsewhere, or it becomes a list: {before} / {line}")


def make_pages(folder):
    pages, sources, nav = folder / "pages", set(), []
    listed = {page for _, entries in NAV for entry in entries for page in pages_of(entry)}
    rest = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page not in listed]
    listed.update(rest)
    for title, entries in NAV:
        nav.append({title: [place_of(page) for entry in entries for page in pages_of(entry)]})
    nav[-1]["Reference"].append({"All public names": "reference/index.html"})
    if rest:
        nav.append({"More": [place_of(page) for page in rest]})
    for page in sorted(listed):
        check_paragraphs(page)
        text = "".join(part if is_code else with_links(part, page, sources)
                       for is_code, part in blocks(page.read_text()))
        write(pages, place_of(page), with_deep_lists(text))
    for source in sorted(sources):
        name = source.relative_to(ROOT).as_posix()
        language = LANGUAGES.get(source.suffix, "text")
        write(pages, place_of(source), f"# {name}\n\n````{language}\n{source.read_text()}````\n")
    write(pages, "reference/index.html", "")  # Doxygen's pages take its place
    for picture in sorted({*(ROOT / "docs").rglob("*.png"), *(ROOT / "docs").rglob("*.svg")}):
        place = pages / place_of(picture)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, place)
    shutil.copytree(ROOT / "docs/site/theme", folder / "theme")
    config = (ROOT / "docs/site/mkdocs.yml").read_text()
    config = re.sub(r"^nav: .*$", "nav: " + json.dumps(nav, ensure_ascii=False), config, flags=re.M)
    write(folder, "mkdocs.yml", config)


class Links(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in {"href", "src"} and value:
                self.links.add(value)
            if name in {"id", "name"}:
                self.anchors.add(value)


def check_links(site):
    """The links that lead nowhere, or out of the site by more than http."""
    pages = {path.resolve(): Links(path) for path in site.rglob("*.html") if "reference" not in path.parts}
    broken, count = [], 0
    for path, page in pages.items():
        for link in sorted(page.links):
            address = urllib.parse.urlsplit(link)
            if address.scheme or address.netloc or path.name == "404.html":
                continue
            count += 1
            target = (path.parent / urllib.parse.unquote(address.path)).resolve() if address.path else path
            place = urllib.parse.unquote(address.fragment)
            if not target.exists():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif place and target in pages and place not in pages[target].anchors and not place.startswith("__"):
                broken.append(f"{path.relative_to(site)}: {link} has no such place")
    return broken, count, len(pages)


def finish(folder, theme):
    site = folder.resolve() / "html"
    worker = next(pathlib.Path(theme).glob("assets/javascripts/workers/search.*.js")).read_text()
    index = json.loads((site / "search/search_index.json").read_text())
    index["docs"] = [entry for entry in index["docs"] if not entry["location"].startswith("source/")]
    write(site, "search/search_index.json", json.dumps(index, ensure_ascii=False))
    text = json.dumps(json.dumps(index, ensure_ascii=False), ensure_ascii=False)
    write(site, "search/offline.js",
          'if (location.protocol === "file:")\n'
          f"  window.__search = {{index: Promise.resolve(JSON.parse({text})),\n"
          f"    worker: URL.createObjectURL(new Blob([{json.dumps(worker)}], {{type: 'text/javascript'}}))}};\n")
    broken, count, pages = check_links(site)
    for line in broken:
        print(line, file=sys.stderr)
    if broken:
        sys.exit(f"{len(broken)} links of {count} lead nowhere")
    print(f"{pages} pages, {count} links: {site}/index.html")


if __name__ == "__main__":
    if sys.argv[1] == "pages":
        make_pages(pathlib.Path(sys.argv[2]))
    else:
        finish(pathlib.Path(sys.argv[2]), sys.argv[3])

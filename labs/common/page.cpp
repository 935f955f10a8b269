#include "labs/common/page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "labs/common/files.h"

namespace fs = std::filesystem;

namespace lab {
namespace {

// ./labs/run joins the pages of the four labs: it takes this head once, and the element <main> of each page.
constexpr const char* kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gradus: a run of the labs</title>
<style>
:root { --paper: #fff; --panel: #f4f5f7; --ink: #1c1f24; --faint: #5c6470; --line: #d5d9df; --link: #0072b2; --miss: #b34700; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181d; --panel: #1e232a; --ink: #e8eaed; --faint: #a2abb8; --line: #3a424d; --link: #56b4e9; --miss: #e69f00; }
}
body { margin: 0 auto; max-width: 1240px; padding: 12px 20px 60px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 28px 0 0; border-top: 1px solid var(--line); padding-top: 16px; font-size: 26px; }
h2 { margin: 28px 0 8px; font-size: 19px; }
a { color: var(--link); }
nav a { margin-right: 14px; }
.faint { color: var(--faint); margin: 0; overflow-wrap: anywhere; }
pre, table { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
pre, .wide { max-width: 100%; overflow-x: auto; }
pre { max-height: 420px; padding: 10px 14px; background: var(--panel); border-radius: 5px; }
figure { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 14px; }
img { width: 100%; border: 1px solid var(--line); border-radius: 5px; background: #fff; }
table { border-collapse: collapse; }
td, th { padding: 2px 12px 2px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; }
.miss { color: var(--miss); font-weight: bold; }
</style>
</head>
<body>
)html";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

std::string link(const std::string& file, const std::string& text) {
  return "<a href=\"./" + escaped(file) + "\">" + escaped(text) + "</a>";
}

/// A figure with links to its other forms. Without gnuplot there is only the CSV.
std::string figure_of(const fs::path& folder, const std::string& name) {
  const bool drawn = fs::exists(folder / (name + ".svg"));
  std::string html = "<figure>";
  if (drawn)
    html += "<img src=\"./" + escaped(name) + ".svg\" loading=\"lazy\" alt=\"" + escaped(name) + "\">";
  html += "<figcaption class=\"faint\">" + escaped(name) + ": ";
  if (drawn) html += link(name + ".svg", "SVG") + ", " + link(name + ".png", "PNG") + ", ";
  return html + link(name + ".csv", "the numbers (CSV)") + "</figcaption></figure>\n";
}

std::string part_of(const fs::path& folder, const PartRecord& part) {
  std::string html = "<h2>" + escaped(part.heading) + "</h2>\n";
  const size_t begin = part.text.find_first_not_of('\n');
  if (begin != std::string::npos)
    html += "<pre tabindex=\"0\">" + escaped(part.text.substr(begin)) + "</pre>\n";
  for (const std::string& tape : part.tapes)
    html += "<p>" + link(tape + ".html", "Step through the tape: " + tape) + "</p>\n";
  if (!part.figures.empty()) html += "<div class=\"figures\">\n";
  for (const std::string& name : part.figures) html += figure_of(folder, name);
  if (!part.figures.empty()) html += "</div>\n";
  return html;
}

std::string row_of(const Check& check) {
  const std::string relation = check.relation == "=" ? "" : check.relation == ">=" ? "≥ " : "≤ ";
  return "<tr><td>" + escaped(check.name) + "</td><td>" + digits(check.got) + "</td><td>" + relation +
         digits(check.expected) + "</td><td>" + (relation.empty() ? digits(check.tolerance) : "") +
         "</td><td" + (check.pass ? ">pass" : " class=\"miss\">MISS") + "</td></tr>\n";
}

/// "28 checks, 0 missed"
std::string verdict_on(const std::vector<Check>& checks) {
  return std::to_string(checks.size()) + " checks, " +
         std::to_string(std::ranges::count(checks, false, &Check::pass)) + " missed";
}

std::string table_of(const std::vector<Check>& checks) {
  if (checks.empty()) return "";
  std::string html = "<h2>" + verdict_on(checks) +
                     "</h2>\n<div class=\"wide\" tabindex=\"0\"><table>\n"
                     "<tr><th>name</th><th>got</th><th>expected</th><th>tolerance</th><th></th></tr>\n";
  for (const Check& check : checks) html += row_of(check);
  return html + "</table></div>\n";
}

}  // namespace

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void write_page(const fs::path& folder, const RunRecord& run) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", run.seconds);
  std::string html = kHead;
  html += "<main>\n<h1 id=\"" + escaped(run.lab) + "\">" + escaped(run.lab) + "</h1>\n<p>" +
          escaped(run.summary) + "</p>\n<p class=\"faint\">" + escaped(run.command) + ": " + seconds +
          " s, " + verdict_on(run.checks) + "</p>\n";
  for (const PartRecord& part : run.parts) html += part_of(folder, part);
  html += table_of(run.checks) + "</main>\n</body>\n</html>\n";
  gradus::replace_file(folder / "index.html", html);
}

}  // namespace lab

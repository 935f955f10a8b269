// Turns the lines of ./docs/course/grade into a report. The argument names its form; the lines come from the standard
// input:
//
//     exercise  student  number  title  variant  seconds
//     check     name  visible|hidden|own  points  of  1|0  got  expected  text  looks_like      (of the exercise above it)
//
// "own" is a check with the student's own number: its variant.
//
//     report json         report.json: one object for each exercise
//     report gradescope   results.json of Gradescope
//     report classroom    the result that GitHub Classroom's autograding-grading-reporter reads, before base64
//     report text         what grade prints
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <iterator>

#include "records.h"

namespace {

using course::Record;

struct Graded {
  std::string name, text, looks_like, got, expected;
  double points, of;
  bool passed, visible;
};
struct Exercise {
  std::string student, number, title, variant, seconds;
  std::vector<Graded> checks;

  double points() const {
    double sum = 0;
    for (const Graded& check : checks) sum += check.points;
    return sum;
  }
  double of() const {
    double sum = 0;
    for (const Graded& check : checks) sum += check.of;
    return sum;
  }
};

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

/// Six digits. Marks such as 5/3 come in shares, so their sums are rounded.
std::string marks(double value) {
  std::ostringstream out;
  out << std::round(value * 1e4) / 1e4;
  return out.str();
}

/// The text as a JSON string. Bytes that are no UTF-8 become "?".
std::string quoted(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t length = c < 0x80                ? 1
                          : c >= 0xF0 && c < 0xF5 ? 4
                          : c >= 0xE0 && c < 0xF0 ? 3
                          : c >= 0xC2 && c < 0xE0 ? 2
                                                  : 0;
    size_t follow = 1;
    while (follow < length && i + follow < text.size() && (text[i + follow] & 0xC0) == 0x80) ++follow;
    if (length == 0 || follow < length) {
      out << '?';
    } else if (length > 1) {
      out << text.substr(i, length);
      i += length - 1;
    } else if (c == '"' || c == '\\') {
      out << '\\' << text[i];
    } else if (c == '\n') {
      out << "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(c) << std::dec;
    } else {
      out << text[i];
    }
  }
  out << '"';
  return out.str();
}

std::vector<Exercise> read(std::istream& in) {
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Exercise> exercises;
  for (Record record : course::records_of(text)) {
    record.resize(10);
    if (record[0] == "exercise")
      exercises.push_back({record[1], record[2], record[3], record[4], record[5], {}});
    if (record[0] == "check" && !exercises.empty())
      exercises.back().checks.push_back({record[1] + (record[2] == "own" ? ", with your own number" : ""),
                                         record[8], record[9], record[6], record[7], number(record[3]),
                                         number(record[4]), record[5] == "1", record[2] != "hidden"});
  }
  return exercises;
}

/// Calls `write` for each element, and prints a comma and a newline between two.
template <class Elements, class Write>
void in_a_list(const Elements& elements, Write write) {
  bool first = true;
  for (const auto& element : elements) {
    if (!first) std::cout << ",\n";
    first = false;
    write(element);
  }
}

void write_json(const std::vector<Exercise>& exercises) {
  std::cout << "[\n";
  in_a_list(exercises, [](const Exercise& exercise) {
    std::cout << "{\"student\": " << quoted(exercise.student) << ", \"exercise\": " << quoted(exercise.number)
              << ", \"variant\": " << exercise.variant << ", \"seconds\": " << exercise.seconds
              << ",\n \"points\": " << marks(exercise.points()) << ", \"of\": " << marks(exercise.of())
              << ",\n \"checks\": [\n";
    in_a_list(exercise.checks, [](const Graded& check) {
      std::cout << "  {\"name\": " << quoted(check.name) << ", \"points\": " << marks(check.points)
                << ", \"of\": " << marks(check.of) << ", \"pass\": " << (check.passed ? "true" : "false")
                << ", \"visible\": " << (check.visible ? "true" : "false");
      if (!check.got.empty() && !check.expected.empty())
        std::cout << ",\n   \"got\": " << check.got << ", \"expected\": " << check.expected
                  << ", \"tolerance\": 1e-09";
      if (!check.text.empty()) std::cout << ",\n   \"text\": " << quoted(check.text);
      if (!check.looks_like.empty()) std::cout << ", \"looks_like\": " << quoted(check.looks_like);
      std::cout << "}";
    });
    std::cout << "]}";
  });
  std::cout << "]\n";
}

std::string full_name(const Exercise& exercise, const Graded& check) {
  return exercise.number + " " + exercise.title + ": " + check.name + (check.visible ? "" : ", hidden");
}

/// https://gradescope-autograders.readthedocs.io/en/latest/specs/. Students see hidden checks after the due date.
void write_gradescope(const std::vector<Exercise>& exercises) {
  double seconds = 0;
  for (const Exercise& exercise : exercises) seconds += number(exercise.seconds);
  std::cout << "{\"execution_time\": " << marks(seconds)
            << ",\n \"stdout_visibility\": \"hidden\",\n \"tests\": [\n";
  in_a_list(exercises, [](const Exercise& exercise) {
    size_t count = 0;
    in_a_list(exercise.checks, [&](const Graded& check) {
      std::cout << "  {\"score\": " << marks(check.points) << ", \"max_score\": " << marks(check.of)
                << ", \"status\": \"" << (check.passed ? "passed" : "failed")
                << "\", \"name\": " << quoted(full_name(exercise, check)) << ", \"number\": \""
                << exercise.number << "." << ++count << "\",\n   \"output\": " << quoted(check.text)
                << ", \"output_format\": \"text\", \"visibility\": \""
                << (check.visible ? "visible" : "after_due_date") << "\"}";
    });
  });
  std::cout << "]}\n";
}

/// What the actions of github.com/classroom-resources hand to their reporter. It adds the tests' scores, so that a
/// part of the marks can be given.
void write_classroom(const std::vector<Exercise>& exercises) {
  double of = 0;
  bool passed = true;
  std::vector<std::pair<const Exercise*, const Graded*>> tests;
  for (const Exercise& exercise : exercises)
    for (const Graded& check : exercise.checks) {
      tests.emplace_back(&exercise, &check);
      of += check.of;
      passed = passed && check.passed;
    }
  std::cout << "{\"version\": 1, \"status\": \"" << (passed ? "pass" : "fail")
            << "\", \"max_score\": " << marks(of) << ", \"tests\": [\n";
  in_a_list(tests, [](const auto& test) {
    const auto& [exercise, check] = test;
    std::cout << "  {\"name\": " << quoted(full_name(*exercise, *check)) << ", \"status\": \""
              << (check->passed ? "pass" : "fail") << "\", \"score\": " << marks(check->points)
              << ", \"message\": " << quoted(check->text)
              << ", \"test_code\": " << quoted("./docs/course/run --once " + exercise->number)
              << ", \"filename\": \"\", \"line_no\": 0, \"execution_time\": " << exercise->seconds << "}";
  });
  std::cout << "]}\n";
}

/// One line for each exercise, with the first complaint, and the sum for each student.
void write_text(const std::vector<Exercise>& exercises) {
  std::cout << std::fixed << std::setprecision(2);
  double points = 0, of = 0;
  for (size_t i = 0; i < exercises.size(); ++i) {
    const Exercise& exercise = exercises[i];
    if (i == 0 || exercises[i - 1].student != exercise.student) std::cout << exercise.student << "\n";
    std::string complaint = "right";
    for (const Graded& check : exercise.checks)
      if (!check.passed) {
        complaint = check.text.substr(0, check.text.find('\n'));
        if (const size_t at = check.text.find("looks like: "); at != std::string::npos)
          complaint = check.text.substr(at);
        break;
      }
    std::cout << "  " << std::left << std::setw(5) << exercise.number << std::right << std::setw(5)
              << exercise.points() << " of " << exercise.of() << "   " << complaint << "\n";
    points += exercise.points(), of += exercise.of();
    if (i + 1 == exercises.size() || exercises[i + 1].student != exercise.student) {
      std::cout << "  sum  " << std::setw(5) << points << " of " << of << "\n";
      points = of = 0;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string form = argc == 2 ? argv[1] : "";
  const std::vector<Exercise> exercises = read(std::cin);
  if (form == "json") return write_json(exercises), 0;
  if (form == "gradescope") return write_gradescope(exercises), 0;
  if (form == "classroom") return write_classroom(exercises), 0;
  if (form == "text") return write_text(exercises), 0;
  std::cerr << "report: json, gradescope, classroom or text, not \"" << form << "\"\n";
  return 64;
}

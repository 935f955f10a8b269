// The command line of the labs. A table says how each flag is read. --flag VALUE and --flag=VALUE are the same.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "kernels/kernels.h"
#include "labs/common/lab.h"

namespace lab {
namespace {

using Text = std::string;

bool contains(const std::vector<Text>& list, const Text& text) {
  return std::ranges::find(list, text) != list.end();
}

// ---- Readers: each stores a value in a member of the options, or returns the error ----

template <class Number>
Text read_number(const Text& text, Number least, Number most, const char* what,
                 std::optional<Number>& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value.emplace());
  const bool good = error == std::errc() && stop == end && least <= *value && *value <= most;
  return good ? "" : Text("must be ") + what + ", but is " + text;
}

template <auto member>
Text count(const Text& text, Options& options) {
  return read_number<int64_t>(text, 1, 1'000'000'000'000'000, "a whole number from 1 to 1e15",
                              options.*member);
}

template <auto member>
Text natural(const Text& text, Options& options) {
  return read_number<uint64_t>(text, 0, UINT64_MAX, "a whole number from 0 to 2^64 - 1", options.*member);
}

template <auto member>
Text positive(const Text& text, Options& options) {
  using Limits = std::numeric_limits<double>;
  return read_number(text, Limits::denorm_min(), Limits::max(), "a positive number", options.*member);
}

Text wrong_choice(const Text& text, const std::vector<Text>& choices) {
  if (contains(choices, text)) return "";
  Text list;
  for (const Text& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  return "must be one of " + list + ", but is " + text;
}

Text dtype(const Text& text, Options& options) {
  options.dtype = text;
  return wrong_choice(text, {"float32", "float64"});
}

Text device(const Text& text, Options& options) {
  options.device = text;
  if (const Text wrong = wrong_choice(text, {"cpu", "cuda"}); !wrong.empty()) return wrong;
  try {
    gradus::kernels_for(text == "cuda" ? gradus::DeviceType::CUDA : gradus::DeviceType::CPU);
  } catch (const gradus::Error& error) {
    return error.what();
  }
  return "";
}

template <auto member>
Text output(const Text& text, Options& options) {
  options.*member = text;
  return text.empty() ? "must name a file or folder" : "";
}

template <auto member>
Text input(const Text& text, Options& options) {
  options.*member = text;
  if (std::filesystem::is_directory(text)) return text + " is a folder";
  if (!std::filesystem::exists(text)) return text + " does not exist";
  if (std::filesystem::is_regular_file(text)) return "";
  return text + " is a device or a pipe, but it is read more than once; save its content to a file first";
}

Text parts(const Text& text, Options& options) {
  std::istringstream list(text);
  for (Text part; std::getline(list, part, ',');) options.parts.push_back(part);
  return text.empty() ? "must name a part" : "";
}

template <auto member>
Text set_true(const Text&, Options& options) {
  return options.*member = true, "";
}

Text step(const Text&, Options& options) {
  options.step = options.tape = true;
  return "";
}

// ---- The table of all flags ----

struct Row {
  Text name;
  Text value;  // the value's name in --help; "" for a flag without a value
  Text (*read)(const Text& text, Options& options);
  Text help = "";  // only for flags that all labs have; the lab's table has the text of the others
};

const std::vector<Row> kRows = {
    {"--part", "PART", parts, "run only these parts, by name or number: --part 1,3"},
    {"--device", "DEVICE", device, "cpu or cuda (default: cpu)"},
    {"--out", "DIR", output<&Options::out>,
     "write figures (SVG, PNG), their series (CSV) and a page with all of them (index.html) to this folder"},
    {"--json", "FILE", output<&Options::json>, "write the results and the checks to this file"},
    {"--check", "", set_true<&Options::check>,
     "compare with the sheet's numbers and exact bounds; exit 1 on a miss"},
    {"--quiet", "", set_true<&Options::quiet>, "print errors and the table of --check only"},
    {"--epochs", "N", count<&Options::epochs>},
    {"--lr", "RATE", positive<&Options::lr>},
    {"--rank", "K", count<&Options::rank>},
    {"--seed", "S", natural<&Options::seed>},
    {"--dtype", "TYPE", dtype},
    {"--data", "FILE", input<&Options::data>},
    {"--shard", "MB", count<&Options::shard>},
    {"--checkpoint", "FILE", output<&Options::checkpoint>},
    {"--tape", "", set_true<&Options::tape>},
    {"--step", "", step},
    {"--replay", "", set_true<&Options::replay>},
    {"--compile", "", set_true<&Options::compile>}};

/// The rows of the flags that this lab has, with the lab's own help.
std::vector<Row> rows_of(const Lab& lab) {
  std::vector<Row> rows;
  for (Row row : kRows) {
    const auto flag = std::ranges::find(lab.flags, row.name, &Flag::name);
    if (flag != lab.flags.end()) row.help = flag->meaning;
    if (flag != lab.flags.end() && !flag->when_absent.empty())
      row.help += " (default: " + flag->when_absent + ")";
    if (!row.help.empty()) rows.push_back(row);
  }
  return rows;
}

void print_help(const Lab& lab, const std::vector<Row>& rows) {
  const auto line = [](Text left, const Text& right) {
    left.resize(std::max<size_t>(left.size() + 1, 18), ' ');
    std::cout << "  " << left << right << "\n";
  };
  std::cout << lab.summary << "\nUsage: " << lab.name << " [OPTIONS]\n\nOptions:\n";
  line("-h, --help", "print this and stop");
  for (const Row& row : rows) line(row.name + " " + row.value, row.help);
  std::cout << "\nParts:\n";
  for (size_t i = 0; i < lab.parts.size(); ++i)
    line(std::to_string(part_numbers(lab)[i]) + "  " + lab.parts[i].name, lab.parts[i].title);
  std::cout << std::flush;
}

/// Reads the words into the options. Returns the names of the flags that were given.
std::vector<Text> read_words(const std::vector<Text>& words, const std::vector<Row>& rows, Options& options) {
  std::vector<Text> given;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = std::min(words[i].find('='), words[i].size());
    const Text name = words[i].substr(0, equals);
    const auto row = std::ranges::find(rows, name, &Row::name);
    const bool has_value = equals < words[i].size();
    if (row == rows.end()) throw std::runtime_error("there is no " + words[i]);
    if (has_value && row->value.empty()) throw std::runtime_error(name + " takes no value");
    const bool takes_next = !has_value && !row->value.empty();
    if (takes_next && (i + 1 == words.size() || words[i + 1].starts_with("--")))
      throw std::runtime_error(name + " needs a value, " + row->value);
    const Text value = takes_next ? words[++i] : has_value ? words[i].substr(equals + 1) : "";
    if (const Text wrong = row->read(value, options); !wrong.empty())
      throw std::runtime_error(name + ": " + wrong);
    given.push_back(name);
  }
  return given;
}

/// The names of the parts that `asked` lists by name or number, in the lab's order. An empty `asked` means all parts.
std::vector<Text> chosen_parts(const std::vector<Text>& asked, const Lab& lab) {
  std::vector<Text> names, numbers, chosen;
  for (const Part& part : lab.parts) names.push_back(part.name);
  for (int number : part_numbers(lab)) numbers.push_back(std::to_string(number));
  for (const Text& text : asked)
    if (const Text wrong = wrong_choice(text, names); !wrong.empty() && !contains(numbers, text))
      throw std::runtime_error("--part: " + wrong + "; a number from 1 to " + numbers.back() + " works too");
  for (size_t i = 0; i < names.size(); ++i)
    if (asked.empty() || contains(asked, names[i]) || contains(asked, numbers[i])) chosen.push_back(names[i]);
  return chosen;
}

}  // namespace

std::optional<Options> read_command_line(int argc, const char* const* argv, const Lab& lab) {
  const std::vector<Text> words(argv + 1, argv + argc);
  const std::vector<Row> rows = rows_of(lab);
  if (contains(words, "--help") || contains(words, "-h")) {
    print_help(lab, rows);
    return std::nullopt;
  }
  Options options;
  options.command = lab.name;
  for (const Text& word : words) options.command += " " + word;
  std::vector<Text> given;
  try {
    given = read_words(words, rows, options);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(error.what() + (" (" + lab.name) + " --help lists the flags)");
  }
  if (options.replay && options.compile)
    throw std::runtime_error("--replay and --compile exclude each other: a compiled step is replayed, too");
  if ((options.checkpoint || options.shard) && (options.replay || options.compile))
    throw std::runtime_error("--replay and --compile work neither with --checkpoint nor with --shard");
#if !GRADUS_HAVE_MPI
  if (options.checkpoint || options.shard)
    throw std::runtime_error(
        "--checkpoint and --shard: this build has no MPI; configure it with GRADUS_MPI=ON");
#endif
  options.parts = chosen_parts(options.parts, lab);
  for (const Flag& flag : lab.flags) {
    const auto is_chosen = [&](const Text& part) { return contains(options.parts, part); };
    if (contains(given, flag.name) && !flag.parts.empty() && std::ranges::none_of(flag.parts, is_chosen))
      throw std::runtime_error(flag.name + " is not used by the chosen parts");
  }
  return options;
}

}  // namespace lab

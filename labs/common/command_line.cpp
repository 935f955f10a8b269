#include "labs/common/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "kernels/kernels.h"

namespace lab {
namespace {

bool is_whole(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// CLI11 asks each check for the text of its complaint, "" if there is none. By then the value has been read
// as a number by CLI11 itself, so strtod cannot fail here.
std::string at_least_one(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  return is_whole(text) && value >= 1 && value <= 1e15
             ? ""
             : "must be a whole number from 1 to 1e15, but is " + text;
}

std::string positive(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  return std::isfinite(value) && value > 0 ? "" : "must be a positive number, but is " + text;
}

std::string seed_number(const std::string& text) {
  errno = 0;
  std::strtoull(text.c_str(), nullptr, 10);
  return is_whole(text) && errno == 0 ? "" : "must be a whole number from 0 to 2^64 - 1, but is " + text;
}

std::string not_empty(const std::string& text) { return text.empty() ? "must name a file or folder" : ""; }

std::string one_of(const std::vector<std::string>& choices, const std::string& text) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return "";
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  return "must be one of " + list + ", but is " + text;
}

std::string known_device(const std::string& text) {
  if (std::string complaint = one_of({"cpu", "cuda"}, text); !complaint.empty()) return complaint;
  try {
    gradus::kernels_for(text == "cuda" ? gradus::DeviceType::CUDA : gradus::DeviceType::CPU);
  } catch (const gradus::Error& error) {
    return error.what();
  }
  return "";
}

std::string known_dtype(const std::string& text) { return one_of({"float32", "float64"}, text); }

std::string existing_file(const std::string& text) {
  if (std::filesystem::is_directory(text)) return text + " is a folder";
  return std::filesystem::exists(text) ? "" : text + " does not exist";
}

void offer(CLI::App& app, const Flag& flag, Options& options) {
  const std::string help =
      flag.meaning + (flag.when_absent.empty() ? "" : " (default: " + flag.when_absent + ")");
  const auto takes = [&](const char* name, auto& value, const char* type, auto* complaint) {
    if (flag.name == name) app.add_option(name, value, help)->type_name(type)->check(complaint);
  };
  takes("--epochs", options.epochs, "N", at_least_one);
  takes("--lr", options.lr, "RATE", positive);
  takes("--rank", options.rank, "K", at_least_one);
  takes("--seed", options.seed, "S", seed_number);
  takes("--dtype", options.dtype, "TYPE", known_dtype);
  takes("--data", options.data, "FILE", existing_file);
  if (flag.name == "--tape") app.add_flag(flag.name, options.tape, help);
}

void offer_common(CLI::App& app, std::vector<std::string>& parts, Options& options) {
  app.set_help_flag("-h,--help", "print this and stop");
  app.add_option("--part", parts, "run only these parts, by name or number: --part 1,3")
      ->type_name("PART")
      ->delimiter(',');
  app.add_option("--device", options.device, "cpu or cuda (default: cpu)")
      ->type_name("DEVICE")
      ->check(known_device);
  app.add_option("--out", options.out, "write figures (SVG, PNG) and their series (CSV) to this folder")
      ->type_name("DIR")
      ->check(not_empty);
  app.add_option("--json", options.json, "write the results to this file")
      ->type_name("FILE")
      ->check(not_empty);
  app.add_flag("--check", options.check,
               "compare with the sheet's numbers and exact bounds; exit 1 on a miss");
  app.add_flag("--quiet", options.quiet, "print errors and the table of --check only");
}

std::vector<std::string> chosen_parts(const std::vector<std::string>& asked,
                                      const std::vector<PartName>& parts) {
  std::vector<bool> chosen(parts.size(), asked.empty());
  for (const std::string& text : asked) {
    bool known = false;
    for (size_t i = 0; i < parts.size(); ++i)
      if (text == parts[i].name || text == std::to_string(parts[i].number)) known = chosen[i] = true;
    if (known) continue;
    std::vector<std::string> names;
    for (const PartName& part : parts) names.push_back(part.name);
    throw BadCommandLine("--part: " + one_of(names, text) + "; or a number from 1 to " +
                         std::to_string(parts.back().number));
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < parts.size(); ++i)
    if (chosen[i]) names.push_back(parts[i].name);
  return names;
}

std::string list_of(const std::vector<PartName>& parts) {
  std::string text = "Parts:\n";
  for (const PartName& part : parts) {
    std::string name = part.name;
    name.resize(std::max<size_t>(name.size(), 14), ' ');
    text += "  " + std::to_string(part.number) + "  " + name + " " + part.title + "\n";
  }
  return text;
}

}  // namespace

std::optional<Options> read_command_line(int argc, const char* const* argv, const std::string& name,
                                         const std::string& summary, const std::vector<PartName>& parts,
                                         const std::vector<Flag>& flags) {
  CLI::App app(summary, name);
  app.footer(list_of(parts));
  Options options;
  std::vector<std::string> asked;
  offer_common(app, asked, options);
  for (const Flag& flag : flags) offer(app, flag, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help() << std::flush;
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = app.remaining();
    throw BadCommandLine("there is no " + (extras.empty() ? "such argument" : extras.front()) + " (" + name +
                         " --help lists what there is)");
  } catch (const CLI::ParseError& error) {
    throw BadCommandLine(std::string(error.what()) + " (" + name + " --help lists what there is)");
  }
  options.parts = chosen_parts(asked, parts);
  return options;
}

}  // namespace lab

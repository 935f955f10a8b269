// The main program that grades one exercise of one submission. It prints a line for each point of the check, which
// report.cpp turns into the reports.
//
// The submission is a shared library, which a process of its own loads and asks, with limits on time, memory and files.
// If it crashes or does not end, the point at which it did so fails, and the others are asked again without it. So every
// point gets its line.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>

#include "check.h"
#include "records.h"

namespace course {

constexpr size_t kCrashesUntilItStops = 2;

/// What became of a point. `got` and `expected` are the first numbers in which the submission differs from the answer.
struct Outcome {
  bool asked = false, passed = false;
  std::string text, got, expected, looks_like;
};

/// The submission is run by a user who may not read the answers, if the grader is root, as it is in most containers.
inline void give_up_rights(unsigned seconds) {
  const auto limit = [](int resource, rlim_t most) {
    const rlimit soft_and_hard = {most,
                                  most + 1};  // the soft limit of time sends SIGXCPU, the hard one kills
    setrlimit(resource, &soft_and_hard);
  };
  limit(RLIMIT_CPU, seconds), limit(RLIMIT_AS, rlim_t{4} << 30), limit(RLIMIT_FSIZE, 1 << 20),
      limit(RLIMIT_CORE, 0);
  const int nowhere = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  constexpr uid_t nobody = 65534;
  if (geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) _exit(kCrashed);
}

/// The first number of the point in which the two differ, as {got, expected}.
inline std::optional<std::pair<double, double>> first_difference(const Check& yours, const Check& right,
                                                                 size_t point) {
  const auto numbers_of = [&](const Check& check) {
    const bool last = point + 1 >= check.points().size();
    const size_t begin = check.points()[point].first_number;
    const size_t end = last ? check.numbers().size() : check.points()[point + 1].first_number;
    return std::vector(check.numbers().begin() + begin, check.numbers().begin() + end);
  };
  if (point >= right.points().size()) return std::nullopt;
  const std::vector<double> a = numbers_of(yours), b = numbers_of(right);
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (!same_number(a[i], b[i])) return std::pair(a[i], b[i]);
  return std::nullopt;
}

/// The process of the submission: asks all points that are not skipped, and writes a line for each into the pipe. The
/// line "end" says that the check came to its end, which a submission that calls exit() does not.
template <class Part, class Known>
void ask_submission(const std::string& library, const Check& right, const std::vector<Known>& wrong,
                    const std::vector<size_t>& skipped, int pipe_end) {
  const auto send = [&](const Record& record) {
    const std::string line = text_of(record);
    if (write(pipe_end, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(kCrashed);
  };
  void* const loaded = dlopen(library.c_str(), RTLD_NOW);
  const void* const yours = loaded ? dlsym(loaded, "_ZN6course5yoursE") : nullptr;  // course::yours
  if (!yours) _exit(kCrashed);
  Check check(right.seed);
  check.skipped = skipped;
  check.after_point = [&](const Check& so_far) {
    const size_t index = so_far.points().size() - 1;
    const Point& point = so_far.points().back();
    Record record = {"point", std::to_string(index), point.complaint, "", ""};
    if (const auto differ = first_difference(so_far, right, index); differ && !point.complaint.empty())
      record[3] = number_text(differ->first, 12), record[4] = number_text(differ->second, 12);
    send(record);
  };
  ask(*static_cast<const Part*>(yours), check);
  check.after_point = nullptr;
  if (skipped.empty() && !check.passed() && !check.not_yet())
    if (const Known* known = recognise(check, wrong)) send({"known", known->name, known->looks_like});
  send({"end"});
}

/// Why a process that did not come to the end of the check has ended.
inline std::string reason(int status, bool too_long) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (too_long || signal == SIGXCPU || signal == SIGKILL)
    return "it was still running when its time was over: is there a loop without an end?";
  switch (signal) {
    case 0:
      return "it ended the program before the check was done";
    case SIGSEGV:
    case SIGBUS:
      return "it crashed: it used memory that is not its own, or called itself without an end";
    case SIGFPE:
      return "it crashed: an integer was divided by zero";
    case SIGABRT:
      return "it crashed: the program was aborted";
    case SIGXFSZ:
      return "it crashed: it wrote a large file";
    default:
      return "it crashed: signal " + std::to_string(signal);
  }
}

/// Reads the pipe until its end, or until `seconds` have passed, which returns false.
inline bool read_all(int pipe_end, unsigned seconds, std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (char buffer[4096];;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready = {pipe_end, POLLIN, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    const ssize_t count = read(pipe_end, buffer, sizeof buffer);
    if (count <= 0) return true;
    text.append(buffer, static_cast<size_t>(count));
  }
}

/// The outcomes of all points with one seed.
template <class Part, class Known>
std::vector<Outcome> outcomes_of(const std::string& library, const Check& right,
                                 const std::vector<Known>& wrong, unsigned seconds) {
  std::vector<Outcome> outcomes(right.points().size());
  std::vector<size_t> skipped;
  while (true) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
      setpgid(0, 0);
      close(ends[0]);
      give_up_rights(seconds);
      ask_submission<Part>(library, right, wrong, skipped, ends[1]);
      _exit(kPassed);
    }
    close(ends[1]);
    std::string text;
    const bool in_time =
        read_all(ends[0], 6 * seconds, text);  // by the clock: a sleeping process uses no time
    close(ends[0]);
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    bool ended = false;
    for (const Record& record : records_of(text)) {
      if (record[0] == "end") ended = true;
      if (record[0] == "known" && record.size() == 3) {
        const auto failed = std::ranges::find(outcomes, false, &Outcome::passed);
        if (failed != outcomes.end())
          failed->looks_like = record[1], failed->text += "\nlooks like: " + record[2];
      }
      if (record[0] != "point" || record.size() != 5) continue;
      const size_t index = std::stoul(record[1]);
      if (index < outcomes.size() && !outcomes[index].asked)
        outcomes[index] = {true, record[2].empty(), record[2], record[3], record[4], ""};
    }
    if (ended) break;
    const auto crashed = std::ranges::find(outcomes, false, &Outcome::asked);
    if (crashed == outcomes.end()) break;
    *crashed = {true, false, reason(status, !in_time), "", "", ""};
    skipped.push_back(static_cast<size_t>(crashed - outcomes.begin()));
    if (skipped.size() == kCrashesUntilItStops) break;
  }
  for (Outcome& outcome : outcomes)
    if (!outcome.asked) outcome.text = "not asked, since it had crashed before";
  return outcomes;
}

/// The arguments: the submission's library, the seed, "visible", "hidden" or "own", the marks for all points together, and the
/// seconds that the submission may compute.
template <class Part, class Known>
int report(const Part& answer, const std::vector<Known>& wrong, int argc, char** argv) {
  if (argc != 6) return kWrong;
  const Check right = result_of(answer, std::stoull(argv[2]));
  const std::vector<Outcome> outcomes =
      outcomes_of<Part>(argv[1], right, wrong, static_cast<unsigned>(std::stoul(argv[5])));
  const double of = std::stod(argv[4]) / static_cast<double>(outcomes.size());
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    std::cout << text_of({"check", right.points()[i].name, argv[3], number_text(outcome.passed ? of : 0),
                          number_text(of), outcome.passed ? "1" : "0", outcome.got, outcome.expected,
                          outcome.text, outcome.looks_like});
  }
  return kPassed;
}

}  // namespace course

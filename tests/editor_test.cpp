// Checks what an editor shows of an untouched file: no squiggles, and jumps from calls to definitions. VS Code, Neovim,
// Emacs and other editors ask clangd. The test speaks with clangd as they do, in the Language Server Protocol:
//
//     Content-Length: 76\r\n\r\n{"jsonrpc": "2.0", "id": 1, "method": "textDocument/definition", "params": {…}}
//
// Without clangd these tests are skipped. The tasks of .vscode are tried by tests/course/try_runner.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const fs::path kRoot = GRADUS_SOURCE_DIR;

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::string address_of(const std::string& file) { return "file://" + (kRoot / file).string(); }

/// A running clangd. Files are named by their paths from the root.
class Clangd {
 public:
  Clangd() {
    int questions[2], answers[2];
    if (pipe2(questions, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      dup2(questions[0], STDIN_FILENO), dup2(answers[1], STDOUT_FILENO);
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      // An index of the whole project would take minutes. Without it, clangd knows only the files that are open.
      execlp("clangd", "clangd", "--background-index=false", "-j=2", nullptr);
      _exit(127);
    }
    close(questions[0]), close(answers[1]);
    to_ = questions[1], from_ = answers[0];
    ask("initialize",
        {{"processId", nullptr}, {"rootUri", "file://" + kRoot.string()}, {"capabilities", json::object()}});
    tell("initialized", json::object());
  }
  ~Clangd() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(to_), close(from_);
  }
  Clangd(const Clangd&) = delete;
  Clangd& operator=(const Clangd&) = delete;

  /// Opens a file and waits until it has been compiled. Returns what it would underline: "12: unused variable".
  std::vector<std::string> open_file(const std::string& file) {
    const std::string address = address_of(file);
    tell("textDocument/didOpen",
         {{"textDocument",
           {{"uri", address}, {"languageId", "cpp"}, {"version", 1}, {"text", content_of(kRoot / file)}}}});
    while (!diagnostics_.contains(address)) receive();
    std::vector<std::string> lines;
    for (const json& fault : diagnostics_[address])
      lines.push_back(std::to_string(fault["range"]["start"]["line"].get<int>() + 1) + ": " +
                      fault["message"].get<std::string>());
    return lines;
  }

  /// Where the jump from the first `text` of a file leads: "tensor/methods.h: <the line there>".
  std::string definition(const std::string& file, const std::string& text) {
    const std::string content = content_of(kRoot / file);
    const size_t place = content.find(text), line_start = content.rfind('\n', place) + 1;
    if (place == std::string::npos) return "there is no " + text + " in " + file;
    const auto line = std::count(content.begin(), content.begin() + static_cast<int64_t>(place), '\n');
    const json answer =
        ask("textDocument/definition", {{"textDocument", {{"uri", address_of(file)}}},
                                        {"position", {{"line", line}, {"character", place - line_start}}}});
    if (answer.size() != 1) return answer.dump();
    const fs::path found = answer[0]["uri"].get<std::string>().substr(std::string("file://").size());
    std::ifstream lines(found);
    std::string there;
    for (int i = answer[0]["range"]["start"]["line"]; i >= 0; --i) std::getline(lines, there);
    return fs::relative(found, kRoot).string() + ": " + there;
  }

 private:
  void send(json message) {
    message["jsonrpc"] = "2.0";
    const std::string body = message.dump();
    const std::string text = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (size_t sent = 0; sent < text.size();) {
      const ssize_t count = write(to_, text.data() + sent, text.size() - sent);
      if (count <= 0) throw std::runtime_error("clangd has gone");
      sent += static_cast<size_t>(count);
    }
  }
  void tell(const std::string& method, const json& parameters) {
    send({{"method", method}, {"params", parameters}});
  }
  json ask(const std::string& method, const json& parameters) {
    const int id = ++calls_;
    send({{"id", id}, {"method", method}, {"params", parameters}});
    while (!answers_.contains(id)) receive();
    return answers_[id];
  }

  /// Reads one message. Error if none comes for two minutes.
  void receive() {
    size_t header = 0, length = 0;
    while ((header = text_.find("\r\n\r\n")) == std::string::npos) read_more();
    length = std::stoul(text_.substr(text_.find(": ") + 2));
    while (text_.size() < header + 4 + length) read_more();
    const json message = json::parse(text_.substr(header + 4, length));
    text_.erase(0, header + 4 + length);
    if (message.contains("id") && !message.contains("method"))
      answers_[message["id"]] = message.contains("result") ? message["result"] : message["error"];
    if (message.value("method", "") == "textDocument/publishDiagnostics")
      diagnostics_[message["params"]["uri"]] = message["params"]["diagnostics"];
  }
  void read_more() {
    pollfd ready = {from_, POLLIN, 0};
    if (poll(&ready, 1, 120'000) == 0) throw std::runtime_error("clangd does not answer");
    char bytes[65536];
    const ssize_t count = read(from_, bytes, sizeof bytes);
    if (count <= 0) throw std::runtime_error("clangd has ended");
    text_.append(bytes, static_cast<size_t>(count));
  }

  pid_t process_ = 0;
  int to_ = -1, from_ = -1, calls_ = 0;
  std::string text_;
  std::map<int, json> answers_;
  std::map<std::string, json> diagnostics_;
};

class Editor : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("clangd --version > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "there is no clangd to ask (Debian: clangd)";
    if (!fs::exists(kRoot / "build/compile_commands.json"))
      GTEST_SKIP() << "this build is not in a folder of build/, where clangd would look for it";
  }
};

TEST_F(Editor, ShowsNoFaultInUntouchedFiles) {
  Clangd clangd;
  for (const char* file :
       {"gradus.h", "kernels/cpu/pointwise.h", "kernels/cuda/softmax.cu", "tensor/tensor.h",
        "autograd/engine.cpp", "autograd/tools/tape_html.cpp", "labs/mlp.h", "labs/mlp.cpp",
        "docs/course/exercises/2.1_central.cpp", "docs/course/exercises/5.1_next.cpp",
        "docs/course/answers/4.2_cube.cpp", "tests/tensor_test.cpp"})
    for (const std::string& fault : clangd.open_file(file)) ADD_FAILURE() << file << ":" << fault;
}

TEST_F(Editor, JumpsFromMmToItsRule) {
  Clangd clangd;
  for (const char* file : {"labs/factorisation.h", "tensor/methods.h", "autograd/ops/products.cpp"})
    clangd.open_file(file);
  const std::string rule = "autograd/ops/products.cpp: Tensor mm(const Tensor& a, const Tensor& b) {";
  EXPECT_EQ(clangd.definition("labs/factorisation.h", "mm(W, H)"), rule);
  EXPECT_EQ(clangd.definition("tensor/methods.h", "mm(self(), other)"), rule);  // x.mm(y)
}

/// clangd also tries its refactorings at each word, and says where one does not apply: "E[12:30] tweak: …".
TEST_F(Editor, ClangdChecksAnExerciseAndALab) {
  for (const char* file : {"docs/course/exercises/2.1_central.cpp", "labs/factorisation.cpp"}) {
    const fs::path log = fs::temp_directory_path() / ("gradus_clangd_" + std::to_string(getpid()));
    std::system(
        ("cd '" + kRoot.string() + "' && clangd --check=" + file + " 2> '" + log.string() + "'").c_str());
    std::ifstream lines(log);
    bool complete = false;
    for (std::string line; std::getline(lines, line);) {
      complete |= line.find("All checks completed") != std::string::npos;
      EXPECT_FALSE(line.starts_with("E[") && line.find("tweak:") == std::string::npos)
          << file << ": " << line;
    }
    EXPECT_TRUE(complete) << file << ": clangd --check has not come to its end";
    fs::remove(log);
  }
}

// ---- VS Code's files ----------------------------------------------------------------------------

json vscode(const std::string& name) {
  return json::parse(content_of(kRoot / ".vscode" / name), nullptr, true, true);  // with comments
}

TEST(VsCode, TheProblemMatcherFindsAMessageOfTheCompiler) {
  const json pattern = vscode("tasks.json")["problemMatcher"]["pattern"];
  const std::string message =
      "docs/course/exercises/2.1_central.cpp:9:10: error: expected ‘;’ before ‘}’ token";
  std::smatch match;
  ASSERT_TRUE(std::regex_match(message, match, std::regex(pattern["regexp"].get<std::string>())));
  EXPECT_EQ(match[pattern["file"]], "docs/course/exercises/2.1_central.cpp");
  EXPECT_EQ(match[pattern["line"]], "9");
  EXPECT_EQ(match[pattern["severity"]], "error");
}

TEST(VsCode, EachConfigurationBuildsBeforeItRuns) {
  std::set<std::string> tasks;
  for (const json& task : vscode("tasks.json")["tasks"]) tasks.insert(task["label"]);
  for (const json& configuration : vscode("launch.json")["configurations"])
    EXPECT_TRUE(tasks.contains(configuration["preLaunchTask"])) << configuration["name"];
  EXPECT_TRUE(vscode("settings.json").is_object());
  EXPECT_TRUE(vscode("extensions.json")["recommendations"].is_array());
}

}  // namespace

// Browser: a headless Chromium that a test drives with keys, through the DevTools protocol.
//
// Chromium reads commands from its file 3 and writes answers to its file 4, as JSON texts that end with a zero byte:
//
//     {"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}   →   {"id": 1, "result": {…}}
//
// Messages without an id are events. Those of the console are kept.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace browser {

using nlohmann::json;

/// The path of Chromium: $GRADUS_BROWSER, or the first one in $PATH.
inline std::optional<std::string> installed() {
  if (const char* given = std::getenv("GRADUS_BROWSER")) return given;
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    std::istringstream folders(std::getenv("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');)
      if (const std::string path = folder + "/" + name; access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

class Browser {
 public:
  /// Starts Chromium with one page. Its profile is in `folder`.
  Browser(const std::string& program, const std::string& folder) {
    int commands[2], answers[2];
    if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    const std::string profile = "--user-data-dir=" + folder;
    process_ = fork();
    if (process_ == 0) {
      setpgid(0, 0);
      // Both ends first get numbers above 4, so that neither dup2 closes the end that the other one copies.
      const int in = fcntl(commands[0], F_DUPFD_CLOEXEC, 10), out = fcntl(answers[1], F_DUPFD_CLOEXEC, 10);
      dup2(in, 3), dup2(out, 4);
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);  // it reports every missing desktop service
      execl(program.c_str(), program.c_str(), "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", profile.c_str(), nullptr);
      _exit(127);
    }
    close(commands[0]), close(answers[1]);
    to_ = commands[1], from_ = answers[0];
    const std::string target = call("Target.createTarget", {{"url", "about:blank"}})["targetId"];
    session_ = call("Target.attachToTarget", {{"targetId", target}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page", "Runtime", "Log"}) call(std::string(domain) + ".enable");
  }
  ~Browser() {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(to_), close(from_);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Opens a file, with a "#fragment" or without, and waits until it is loaded. Returns how many seconds this took.
  double open_file(const std::string& address) {
    call("Page.navigate", {{"url", "about:blank"}});
    loaded_ = false;
    call("Page.navigate", {{"url", "file://" + address}});
    while (!loaded_ || evaluate("document.readyState") != "complete") receive(100);
    return evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd").get<double>() / 1000;
  }

  /// The window's size in pixels and the preferred colours, "light" or "dark".
  void set_window(int width, int height, const std::string& scheme) {
    call("Emulation.setDeviceMetricsOverride",
         {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
    call("Emulation.setEmulatedMedia",
         {{"features", {{{"name", "prefers-color-scheme"}, {"value", scheme}}}}});
  }

  /// Presses a key: "ArrowRight", "Home", "b", " ".
  void press(const std::string& key) {
    const std::map<std::string, int> codes = {{"ArrowLeft", 37}, {"ArrowUp", 38}, {"ArrowRight", 39},
                                              {"ArrowDown", 40}, {"Home", 36},    {"End", 35},
                                              {"Tab", 9},        {"Enter", 13},   {" ", 32}};
    json event = {{"type", "keyDown"}, {"key", key}};
    if (const auto code = codes.find(key); code != codes.end()) event["windowsVirtualKeyCode"] = code->second;
    if (key == "Enter") event["text"] = "\r";
    call("Input.dispatchKeyEvent", event);
    event["type"] = "keyUp";
    event.erase("text");
    call("Input.dispatchKeyEvent", event);
  }

  /// The value of an expression of JavaScript.
  json evaluate(const std::string& expression) {
    const json answer = call("Runtime.evaluate", {{"expression", expression}, {"returnByValue", true}});
    if (answer.contains("exceptionDetails")) throw std::runtime_error(answer.dump());
    return answer["result"].value("value", json());
  }
  /// The text of the first element that a selector of CSS finds.
  std::string text(const std::string& selector) {
    return evaluate("document.querySelector(" + json(selector).dump() + ")?.innerText ?? '(none)'");
  }

  /// Writes a picture of the window (PNG).
  void screenshot(const std::string& file) {
    const std::string data = call("Page.captureScreenshot")["data"];
    std::ofstream(file, std::ios::binary) << decoded(data);
  }

  /// The errors and warnings that the page has reported, and the files that it did not find.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  json call(const std::string& method, json parameters = json::object()) {
    const int id = ++calls_;
    json message = {{"id", id}, {"method", method}, {"params", std::move(parameters)}};
    if (!session_.empty()) message["sessionId"] = session_;
    const std::string text = message.dump();
    if (write(to_, text.c_str(), text.size() + 1) < 0) throw std::runtime_error("the browser has gone");
    while (!answers_.contains(id)) receive(60'000);
    json answer = std::move(answers_[id]);
    answers_.erase(id);
    if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
    return answer["result"];
  }

  /// Reads what the browser has written. Error if nothing comes for a minute.
  void receive(int milliseconds) {
    pollfd ready = {from_, POLLIN, 0};
    if (poll(&ready, 1, milliseconds) == 0) {
      if (milliseconds >= 60'000) throw std::runtime_error("the browser does not answer");
      return;
    }
    char bytes[65536];
    const ssize_t count = read(from_, bytes, sizeof bytes);
    if (count <= 0) throw std::runtime_error("the browser has ended");
    for (ssize_t i = 0; i < count; ++i) {
      if (bytes[i] != 0) {
        text_ += bytes[i];
        continue;
      }
      accept(json::parse(text_));
      text_.clear();
    }
  }

  void accept(const json& message) {
    if (message.contains("id")) {
      answers_[message["id"]] = message;
      return;
    }
    const std::string method = message["method"];
    if (method == "Page.loadEventFired") loaded_ = true;
    if (method == "Runtime.exceptionThrown" || method == "Runtime.consoleAPICalled" ||
        method == "Log.entryAdded")
      complaints_.push_back(message["params"].dump());
  }

  static std::string decoded(const std::string& base64) {
    std::string bytes;
    int bits = 0, held = 0;
    for (const char c : base64) {
      const int digit = c >= 'a'   ? c - 'a' + 26
                        : c >= 'A' ? c - 'A'
                        : c >= '0' ? c - '0' + 52
                        : c == '+' ? 62
                                   : 63;
      if (c == '=') break;
      held = held << 6 | digit, bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      bytes += static_cast<char>(held >> bits & 255);
    }
    return bytes;
  }

  pid_t process_ = 0;
  int to_ = -1, from_ = -1, calls_ = 0;
  bool loaded_ = false;
  std::string session_, text_;
  std::map<int, json> answers_;
  std::vector<std::string> complaints_;
};

}  // namespace browser

// Paths that do not name an ordinary file, and names as long as the system allows: devices, pipes, links. And a
// process that is killed while it saves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "in_folder.h"
#include "tensor/create.h"
#include "tensor/files/files.h"
#include "tensor/files/npy.h"
#include "tensor/files/safetensors.h"
#include "tensor/files/serialize.h"

using namespace gradus;

namespace {

using Paths = InFolder;

TEST_F(Paths, EndlessDevicesAreErrors) {
  for (const char* device : {"/dev/zero", "/dev/urandom", "/dev/full", "/dev/null"}) {
    const std::string expected = "cannot read " + std::string(device) +
                                 ": it is a device, which may have no end; " +
                                 "save its content to a file first";
    EXPECT_EQ(error_of([&] { read_npy(device); }), expected);
    EXPECT_EQ(error_of([&] { read_safetensors(device); }), expected);
    EXPECT_EQ(error_of([&] { read_file(device); }), expected);
  }
  std::filesystem::create_symlink("/dev/zero", "zero.npy");
  EXPECT_NE(error_of([] { read_npy("zero.npy"); }), "no error");
  std::ifstream zeros("/dev/zero", std::ios::binary);
  Tensor x;
  EXPECT_EQ(error_of([&] { load(x, zeros); }), "stream, byte 0 of the header: expected '{', found its end");
}

TEST_F(Paths, APipeIsReadToItsEnd) {
  ASSERT_EQ(mkfifo("pipe", 0600), 0);
  std::thread writer([] { std::ofstream("pipe") << std::string(200'000, 'x'); });
  EXPECT_EQ(read_file("pipe").size(), 200'000u);
  writer.join();
}

TEST_F(Paths, AFileLargerThanTheMemoryIsAnError) {
  std::ofstream("large") << 'x';
  std::error_code error;
  std::filesystem::resize_file("large", uintmax_t{1} << 43, error);  // a hole
  if (error) GTEST_SKIP() << "this file system has no files of 8 TiB";
  EXPECT_EQ(error_of([] { read_file("large"); }),
            "cannot read large: its 8796093022208 bytes do not fit into memory");
}

TEST_F(Paths, WritingThroughALinkMakesItsTarget) {
  std::filesystem::create_directory("folder");
  std::filesystem::create_symlink("../middle", "folder/latest");
  std::filesystem::create_symlink("folder/real", "middle");
  for (const char* content : {"one", "two"}) {
    replace_file("folder/latest", content);
    EXPECT_TRUE(std::filesystem::is_symlink("folder/latest") && std::filesystem::is_symlink("middle"));
    EXPECT_EQ(read_file("folder/real"), content);
  }
  std::filesystem::create_symlink("none/real", "broken");
  EXPECT_EQ(error_of([] { replace_file("broken", ""); }), "cannot write broken: No such file or directory");
  std::filesystem::create_symlink("loop", "loop");
  EXPECT_EQ(error_of([] { replace_file("loop", ""); }),
            "cannot write loop: Too many levels of symbolic links");
  EXPECT_TRUE(std::filesystem::is_symlink("loop"));
  EXPECT_EQ(files_in_folder(), 4u);
}

TEST_F(Paths, ANameMayBeAsLongAsTheSystemAllows) {
  const std::string name(255, 'x');
  replace_file(name, "content");
  EXPECT_EQ(read_file(name), "content");
  EXPECT_EQ(files_in_folder(), 1u);
}

// A child is killed while it saves. It has no draft with a name then, except for the moment of the renaming.
TEST_F(Paths, AKilledSaveLeavesNothingBehind) {
#ifdef O_TMPFILE
  const int nameless = open(".", O_TMPFILE | O_WRONLY, 0600);
#else
  const int nameless = -1;
#endif
  if (nameless < 0) GTEST_SKIP() << "this file system has no files without names";
  close(nameless);
  save(ones(3), "x.safetensors");
  const std::string before = read_file("x.safetensors");
  const std::string large(64 << 20, 'x');
  const int child = fork();
  if (child == 0) {
    for (;;) replace_file("x.safetensors", large);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const std::string after = read_file("x.safetensors");
  EXPECT_TRUE(after == before || after == large);
  EXPECT_EQ(files_in_folder(), 1u);
}

}  // namespace

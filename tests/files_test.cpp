// Tensors in .safetensors files: the bytes, the errors, and damaged files, which must do no harm. npy_test.cpp tests
// .npy files, csv_test.cpp .csv files, checkpoint_test.cpp files of modules and optimisers, and paths_test.cpp devices,
// pipes and links.
#include "tensor/files/files.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "binary_files.h"
#include "in_folder.h"
#include "tensor/create.h"
#include "tensor/files/npy.h"
#include "tensor/files/serialize.h"
#include "tensor/indexing.h"
#include "tensor/print.h"
#include "tensor/random.h"

using namespace gradus;
using namespace gradus::test;

namespace {

using Files = InFolder;

// ---- Safetensors ----------------------------------------------------------------------------------------------

TEST_F(Files, SafetensorsKeepEveryBitOfEveryDtype) {
  NamedTensors tensors;
  for (const Tensor& x : one_of_each_dtype()) tensors.emplace("tensor " + std::to_string(tensors.size()), x);
  tensors["quotes \" and \\, a\ttab, é, 中, 𝄞"] = arange(24).view({2, 3, 4}).permute({2, 0, 1});
  write_safetensors("x.safetensors", tensors, {{"epoch", "7"}, {"", "\"\n"}});
  const Safetensors file = read_safetensors("x.safetensors");
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, x] : tensors) EXPECT_TRUE(identical(file.tensors.at(name), x)) << name;
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"epoch", "7"}, {"", "\"\n"}}));
}

// These are the bytes that safetensors.numpy.save({"b": …, "a": …, "c": …}, {"made": "by hand"}) writes, in
// version 0.8. The largest elements come first, and the header is padded with blanks.
TEST_F(Files, SafetensorsHaveTheBytesOfTheReferenceLibrary) {
  const std::string bytes = safetensors_bytes(
      {{"b", tensor({1.0, 2.0})}, {"a", tensor({true})}, {"c", tensor({{5}})}}, {{"made", "by hand"}});
  const std::string header =
      R"({"__metadata__":{"made":"by hand"},"c":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"BOOL","shape":[1],"data_offsets":[16,17]}})";
  const std::string data("\5\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\1", 17);
  EXPECT_EQ(bytes, safetensors(header + std::string((8 - header.size() % 8) % 8, ' '), data));
}

TEST_F(Files, SafetensorsAreReadWithAnyOrderAndSpacing) {
  const Safetensors file = parse_safetensors(
      safetensors(
          " { \"x\\u00e9\\ud834\\udd1e\\/\" :\n{\"data_offsets\":[4,8], \"shape\":[ ],\t\"dtype\":\"F32\"},"
          "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  ",
          std::string("\0\0\x80?\0\0\0@", 8)),
      "x");
  EXPECT_TRUE(file.tensors.at("xé𝄞/").equal(tensor(2.0)));
  EXPECT_TRUE(file.tensors.at("y").equal(tensor({1.0})));
}

TEST_F(Files, WrongSafetensorsAreErrors) {
  const auto refusal = [](std::string_view bytes) {
    return error_of([&] { parse_safetensors(bytes, "x"); });
  };
  const auto of_entry = [&](const std::string& entry, size_t data = 4) {
    return refusal(safetensors("{\"w\":{" + entry + "}}", std::string(data, '\1')));
  };
  EXPECT_EQ(refusal(""), "x: 0 bytes are too few for a safetensors file");
  EXPECT_EQ(refusal(std::string("\7\0\0\0\0\0\0\x80{}", 10)),
            "x: the header should have 9223372036854775815 bytes, but only 2 follow; "
            "the file is cut off, or is not a safetensors file");
  EXPECT_EQ(refusal(safetensors("")), "x, byte 0 of the header: expected '{', found its end");
  EXPECT_EQ(refusal(safetensors("{}", "abc")), "x: 3 bytes at the end belong to no tensor");
  EXPECT_EQ(refusal(safetensors("{}{")), "x, byte 2 of the header: expected its end, found \"{\"");
  EXPECT_EQ(of_entry(R"("dtype":"BF16","shape":[2],"data_offsets":[0,4])"),
            "x: tensor \"w\" has the dtype BF16, which Gradus does not have; "
            "it reads BOOL, U8, I16, I32, F32, F64, I64");
  EXPECT_EQ(of_entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
            "x, byte 29 of the header: expected a whole number from 0 to 2^63 - 1, "
            "found \"-1],\"data_offsets\":[…\"");
  EXPECT_EQ(of_entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
            "x: tensor \"w\": float32 (2,) takes 8 bytes, but there are 4");
  EXPECT_EQ(of_entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4])"),
            "x: tensor \"w\" of shape (4294967296, 4294967296) is too large");
  EXPECT_EQ(of_entry(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"),
            "x: tensor \"w\" has 9 dimensions; a tensor has at most 8");
  EXPECT_EQ(of_entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", 8),
            "x: tensor \"w\" has data_offsets [4, 8]; they must begin at 0, where the tensors before it "
            "end, and not pass 8");
  EXPECT_NE(of_entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])").find("not pass 4"),
            std::string::npos);
  EXPECT_NE(of_entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])").find("two data_offsets"),
            std::string::npos);
  EXPECT_NE(of_entry(R"("dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4])").find("only once"),
            std::string::npos);
  EXPECT_NE(
      of_entry(R"("dtype":"F32","shape":[1])").find("expected dtype, shape and two data_offsets for \"w\""),
      std::string::npos);
  EXPECT_NE(of_entry(R"("dtype":"F32","color":"red")").find("not \"color\""), std::string::npos);
  EXPECT_EQ(of_entry(R"("dtype":"BOOL","shape":[1],"data_offsets":[0,1])", 1), "no error");
  EXPECT_EQ(refusal(safetensors(R"({"w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\2")),
            "x: tensor \"w\": a bool must be 0 or 1");
  EXPECT_EQ(refusal(safetensors(R"({"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32",)"
                                R"("shape":[0],"data_offsets":[0,0]}})")),
            "x: tensor \"w\" is there twice");
  EXPECT_NE(refusal(safetensors("{\"w\":" + std::string(60000, '['))).find("expected '{'"),
            std::string::npos);
  EXPECT_NE(refusal(safetensors("{\"w\":" + std::string(60000, '{'))).find("expected"), std::string::npos);
  for (const char* name :
       {"\"\\ud834\"", "\"\\udd1e\"", "\"\\ud834\\u0041\"", "\"\\u12g4\"", "\"\\x\"", "\"\\u1\"", "\"a\nb\""})
    EXPECT_NE(refusal(safetensors("{" + std::string(name) + ":{}}")).find("expected"), std::string::npos)
        << name;
  EXPECT_NE(refusal("PK\x03\x04 and so on").find("this is a .pt file of PyTorch"), std::string::npos);
  EXPECT_EQ(refusal(npy("")), "x: this is a .npy file: read_npy reads it");
}

TEST_F(Files, SafetensorsThatCannotBeWrittenAreErrors) {
  EXPECT_EQ(error_of([] {
              write_safetensors("x", {{"w", Tensor()}});
            }),
            "save: the tensor \"w\" is undefined");
  EXPECT_EQ(error_of([] {
              write_safetensors("x", {{"__metadata__", ones(1)}});
            }),
            "save: no tensor can be called __metadata__");
  EXPECT_EQ(files_in_folder(), 0u);
}

// ---- save and load ------------------------------------------------------------------------------------------------

TEST_F(Files, SaveAndLoadTensorsAndLists) {
  for (const Tensor& x : one_of_each_dtype()) {
    save(x, "x.safetensors");
    Tensor back;
    load(back, "x.safetensors");
    EXPECT_TRUE(identical(back, x));
  }
  std::vector<Tensor> list = one_of_each_dtype(), back;
  for (int i = 0; i < 6; ++i) list.push_back(tensor(i));  // "10" comes before "2" in the file
  std::stringstream stream;
  save(list, stream);
  load(back, stream);
  ASSERT_EQ(back.size(), list.size());
  for (size_t i = 0; i < list.size(); ++i) EXPECT_TRUE(identical(back[i], list[i])) << i;
}

TEST_F(Files, LoadWritesIntoTheSameTensor) {
  Tensor x = ones({2, 2}, requires_grad());
  const Tensor same = x;
  save(tensor({1.0, 2.0, 3.0}, kFloat64), "x.safetensors");
  load(x, "x.safetensors");
  EXPECT_TRUE(same.is_same(x) && same.requires_grad());
  EXPECT_TRUE(same.detach().equal(tensor({1.0, 2.0, 3.0}, kFloat64)));
}

TEST_F(Files, LoadSaysWhatIsMissing) {
  Tensor x = ones(1);
  std::vector<Tensor> list;
  write_safetensors("two.safetensors", {{"a", ones(1)}, {"b", ones(1)}});
  EXPECT_EQ(error_of([&] { load(x, "two.safetensors"); }), "two.safetensors: expected one tensor, found 2");
  EXPECT_EQ(
      error_of([&] { load(list, "two.safetensors"); }),
      "two.safetensors: its 2 tensors are not a list: none is \"0\"; read_safetensors gives them by name");
  EXPECT_EQ(error_of([&] { load(x, "none"); }), "cannot read none: No such file or directory");
  EXPECT_EQ(error_of([&] { load(x, "."); }), "cannot read .: it is a folder");
  EXPECT_TRUE(list.empty());
}

TEST_F(Files, AFailedSaveHarmsNothing) {
  save(ones(3), "x.safetensors");
  write_npy("x.npy", ones(3));
  const std::string before = read_file("x.safetensors") + read_file("x.npy");
  EXPECT_THROW(save(Tensor(), "x.safetensors"), Error);
  EXPECT_THROW(write_npy("x.npy", Tensor()), Error);
  EXPECT_EQ(read_file("x.safetensors") + read_file("x.npy"), before);
  EXPECT_EQ(files_in_folder(), 2u);
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_EQ(error_of([] { save(ones(3), "/dev/full"); }),
              "cannot write /dev/full: No space left on device");
  }
  std::ostringstream closed;
  closed.setstate(std::ios::badbit);
  EXPECT_EQ(error_of([&] { save(ones(3), closed); }), "save: cannot write to the stream");
}

TEST_F(Files, TheGeneratorsStateIsATensor) {
  for (int draws : {0, 1, 5}) {
    manual_seed(3);
    randn(draws);  // after an odd number, the generator has kept a normal
    save(get_rng_state(), "rng.safetensors");
    const Tensor expected = randn(5, kFloat64), more = rand(700);
    manual_seed(4);
    Tensor state;
    load(state, "rng.safetensors");
    set_rng_state(state);
    EXPECT_TRUE(randn(5, kFloat64).equal(expected) && rand(700).equal(more)) << draws;
    set_rng_state(state);
    state[-1] = 625;  // more words used than there are
    EXPECT_EQ(error_of([&] { set_rng_state(state); }),
              "set_state: these 628 numbers are not the state of a generator");
    EXPECT_THROW(set_rng_state(arange(10)), Error);
    EXPECT_THROW(set_rng_state(rand(628)), Error);
  }
}

// ---- Headers that claim too much ------------------------------------------------------------------------------------

TEST_F(Files, LengthsAreCheckedBeforeMemoryIsTaken) {
  for (const char* shape : {"(9223372036854775807, 0, 9223372036854775807)", "(0, 9223372036854775807, 2)",
                            "(3037000500, 3037000500)", "(2305843009213693952,)", "(9223372036854775808,)"})
    EXPECT_NE(error_of([&] {
                parse_npy(
                    npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + std::string(shape) + ", }"),
                    "x");
              }),
              "no error")
        << shape;
  std::string bytes = npy("{}");
  bytes[6] = 2;  // four bytes of length
  bytes.insert(8, "\xFF\xFF");
  EXPECT_EQ(error_of([&] { parse_npy(bytes, "x"); }), "x: the file ends within its header");
  write_npy("x.npy", ones({3, 4}));
  save(ones({3, 4}), "x.safetensors");
  const std::string npy_bytes = read_file("x.npy"), safe_bytes = read_file("x.safetensors");
  for (size_t length = 0; length < npy_bytes.size(); ++length)
    EXPECT_THROW(parse_npy(npy_bytes.substr(0, length), "x"), Error) << length;
  for (size_t length = 0; length < safe_bytes.size(); ++length)
    EXPECT_THROW(parse_safetensors(std::string_view(safe_bytes).substr(0, length), "x"), Error) << length;
}

// ---- Texts in messages ----------------------------------------------------------------------------------------------

TEST_F(Files, TextsInMessagesAreShortAndPrintable) {
  EXPECT_EQ(shown("é中𝄞\n\x1B[2J\x7F"), "é中𝄞??[2J?");
  // C1 controls, and a blank that does not break
  EXPECT_EQ(shown("a\xC2\x9B\xC2\x80z\xC2\xA0"), "a????z\xC2\xA0");
  // no UTF-8
  EXPECT_EQ(shown("\x80\x9B\xFF\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80\xE4\xB8"), std::string(14, '?'));
  EXPECT_EQ(shown("ééé", 5), "éé…");
  EXPECT_EQ(shown("ééé", 6), "ééé");
  const std::string names[] = {std::string(1 << 20, '\x80'), std::string(1 << 20, 'x'),
                               "\xC2\x9B"
                               "31m"};
  for (const std::string& name : names)
    for (const std::string& text :
         {error_of([&] { read_file(name); }), error_of([&] { replace_file(name + "/x", ""); }),
          error_of([&] { read_npy(name); }), error_of([&] { parse_npy("", name); }),
          error_of([&] { parse_safetensors("", name); }), error_of([&] { print_profile(name); }),
          error_of([&] {
            write_safetensors("x", {{name, Tensor()}});
          }),
          error_of([&] { parse_npy(npy("{'descr': '" + name.substr(0, 99) + "'}"), "x"); }), error_of([&] {
            Tensor x;
            set_tensors(x, {.tensors = {{name, ones(1)}, {"b", ones(1)}}, .metadata = {}, .source = name});
          })}) {
      EXPECT_NE(text, "no error");
      EXPECT_LT(text.size(), 10'100u);
      EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
      EXPECT_EQ(text.find("\x80\x80"), std::string::npos);
    }
}

// ---- Damaged files --------------------------------------------------------------------------------------------

TEST_F(Files, DamagedSafetensorsAreReadOrErrors) {
  NamedTensors tensors;
  for (const Tensor& x : one_of_each_dtype()) tensors.emplace("é" + std::to_string(tensors.size()), x);
  const std::vector<std::string> valid = {safetensors_bytes(tensors, {{"epoch", "7"}}),
                                          safetensors_bytes({{"w", ones({2, 2})}})};
  const int errors = count_errors(valid, 20000, [&](const std::string& bytes) {
    for (const auto& [name, x] : parse_safetensors(bytes, "x").tensors) x.to(kFloat64).sum();
  });
  EXPECT_GT(errors, 10000);
  EXPECT_LT(errors, 20000);  // damage to the elements is not noticed
}

}  // namespace

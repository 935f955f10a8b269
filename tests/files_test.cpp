// Tensors in .safetensors and .npy files: the bytes, the errors, and that damaged files do no harm.
// checkpoint_test.cpp tests files of modules and optimisers, csv_test.cpp .csv files,
// paths_test.cpp devices, pipes and links.
#include "tensor/files/files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "in_folder.h"
#include "tensor/create.h"
#include "tensor/files/npy.h"
#include "tensor/files/serialize.h"
#include "tensor/indexing.h"
#include "tensor/print.h"
#include "tensor/random.h"

using namespace gradus;

namespace {

using Files = InFolder;

std::vector<Tensor> one_of_each_dtype() {
  return {tensor({{1.5, -0.0, HUGE_VAL}}),
          tensor({1e-300, std::nan("")}, kFloat64),
          tensor({{-1}, {INT64_MAX}}),
          tensor({true, false, true}),
          tensor({-1, INT32_MAX}, kInt32),
          tensor({{-1}, {300}}, kInt16),
          tensor({0, 255}, kUInt8),
          tensor(7.0),
          empty({0, 3})};
}

testing::AssertionResult identical(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.sizes() != b.sizes() || !a.is_contiguous())
    return testing::AssertionFailure() << a << " is not " << b;
  const auto bytes = static_cast<size_t>(a.numel() * item_size(a.dtype()));
  const Tensor rows = b.contiguous();
  if (bytes > 0 && std::memcmp(a.data_ptr(), rows.data_ptr(), bytes) != 0)
    return testing::AssertionFailure() << a << " is not " << b;
  return testing::AssertionSuccess();
}

/// A safetensors file of the given header and data.
std::string safetensors(std::string_view header, std::string_view data = {}) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size() & 0xFF);
  bytes[1] = static_cast<char>(header.size() >> 8);
  return bytes.append(header).append(data);
}

/// A .npy file, version 1.0.
std::string npy(std::string_view header, std::string_view data = {}) {
  std::string bytes = "\x93NUMPY\x01";
  bytes += {'\0', static_cast<char>(header.size()), '\0'};
  return bytes.append(header).append(data);
}

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

// ---- NumPy's files ---------------------------------------------------------------------------------------------

TEST_F(Files, NpyKeepsEveryBitOfEveryDtype) {
  std::vector<Tensor> list = one_of_each_dtype();
  list.push_back(arange(24).view({2, 3, 4}).permute({2, 0, 1}));
  for (const Tensor& x : list) {
    write_npy("x.npy", x);
    EXPECT_TRUE(identical(read_npy("x.npy"), x));
    EXPECT_EQ(read_file("x.npy").find('\n') % 64, 63u);
  }
}

TEST_F(Files, NpyIsTheBytesOfNumPy) {
  const auto header_of = [](const Tensor& x) {
    write_npy("x.npy", x);
    const std::string bytes = read_file("x.npy");
    EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\0\x76\0", 10));
    return bytes.substr(10, bytes.find_last_not_of(" \n", 127) - 9);
  };
  EXPECT_EQ(header_of(ones({3, 4})), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
  EXPECT_EQ(header_of(tensor({true})), "{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }");
  EXPECT_EQ(header_of(tensor(1)), "{'descr': '<i8', 'fortran_order': False, 'shape': (), }");
}

TEST_F(Files, NpyIsReadInEveryForm) {
  const auto read = [](const std::string& bytes) { return parse_npy(bytes, "x.npy"); };
  // np.array([[1, 2, 3], [4, 5, 6]], order="F"): column-major.
  std::string data;
  for (const int number : {1, 4, 2, 5, 3, 6}) data += std::string(7, '\0') + static_cast<char>(number);
  EXPECT_TRUE(identical(read(npy("{'descr': '>i8', 'fortran_order': True, 'shape': (2, 3)}\n", data)),
                        tensor({{1, 2, 3}, {4, 5, 6}})));
  EXPECT_TRUE(identical(
      read(npy("{'shape':(),'fortran_order':False,'descr':'>f4'}", std::string("@\0\0\0", 4))), tensor(2.0)));
  std::string versions =
      npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", std::string("\1\0", 2));
  for (const char version : {char{2}, char{3}}) {  // four bytes of length
    std::string longer = versions;
    longer[6] = version;
    longer.insert(10, 2, '\0');
    EXPECT_TRUE(identical(read(longer), tensor({true, false})));
  }
}

TEST_F(Files, WrongNpyIsAnError) {
  const auto refusal = [](const std::string& bytes) { return error_of([&] { parse_npy(bytes, "x.npy"); }); };
  const auto of = [&](const std::string& descr, const std::string& shape = "(1,)") {
    return refusal(npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }", "1234"));
  };
  EXPECT_EQ(of("'<f4'"), "no error");
  EXPECT_EQ(of("'<f2'"),
            "x.npy: Gradus has no dtype for NumPy's '<f2'; convert the array first, as x.astype('float32')");
  for (const char* descr : {"''", "'f4'", "'|O'", "'<U4'", "'!f4'", "'<c8'", "'<M8[ns]'"})
    EXPECT_NE(of(descr).find("Gradus has no dtype"), std::string::npos) << descr;
  EXPECT_EQ(of("[('a', '<f4')]"),
            "x.npy, byte 10 of the header: expected ''', found \"[('a', '<f4')], 'for…\"");
  EXPECT_EQ(of("'<f4'", "(2,)"), "x.npy: float32 (2,) takes 8 bytes, but there are 4");
  EXPECT_NE(of("'<f4'", "(-1,)").find("expected a whole number"), std::string::npos);
  EXPECT_EQ(of("'<f4'", "(9999999999, 9999999999)"), "x.npy of shape (9999999999, 9999999999) is too large");
  EXPECT_NE(of("'<f4'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)").find("x.npy has 9 dimensions"), std::string::npos);
  EXPECT_EQ(refusal("text"), "x.npy: not a .npy file, which begins with \\x93NUMPY");
  EXPECT_EQ(refusal("\x93NUMPY\x04"), "x.npy: the file ends within its header");
  EXPECT_EQ(refusal("\x93NUMPY\x04 "), "x.npy: version 4 of the format is not known");
  EXPECT_EQ(refusal(npy("{'shape': (1,)}").substr(0, 20)), "x.npy: the file ends within its header");
  EXPECT_EQ(refusal(npy("{'shape': (1,)}")), "x.npy: the header must have descr, fortran_order and shape");
  EXPECT_NE(refusal(npy("{'shape': (1,), 'x': 1}")).find("not 'x'"), std::string::npos);
}

// Python 2 writes long integers with an L, and numpy.load reads them.
TEST_F(Files, NpyOfPython2) {
  const auto shape = [](const std::string& text) {
    return parse_npy(
               npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + text + ", }", std::string(8, '\0')),
               "x")
        .sizes()
        .vec();
  };
  EXPECT_EQ(shape("(2L, 1L)"), (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(shape("(2L,)"), (std::vector<int64_t>{2}));
  EXPECT_NE(error_of([&] { shape("(2LL,)"); }).find("expected ')'"), std::string::npos);
  EXPECT_NE(error_of([] {
              parse_safetensors(
                  safetensors(R"({"w":{"dtype":"F32","shape":[1L],"data_offsets":[0,4]}})", "1234"), "x");
            }).find("expected ']'"),
            std::string::npos);
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

/// Changes, removes or duplicates a few bytes.
std::string damaged(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t n) { return random() % n; };
  static constexpr std::string_view favourites = "{}[](),:\"'\\-09eu \xFF\x80";
  for (size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
    const size_t place = below(bytes.size()), count = 1 + below(8);
    switch (below(6)) {
      case 0:
        bytes[place] = static_cast<char>(random());
        break;
      case 1:
        bytes[place] = favourites[below(favourites.size())];
        break;
      case 2:
        bytes.erase(place, count);
        break;
      case 3:
        bytes.insert(place, bytes.substr(below(bytes.size()), count));
        break;
      case 4:
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << below(8)));
        break;
      default:
        bytes.resize(place);
    }
  }
  return bytes;
}

/// Reads damaged files. Each must give a tensor or an Error of one line. Returns the number of errors.
template <class Read>
int count_errors(const std::vector<std::string>& valid, int cases, Read read) {
  std::mt19937 random(20);
  int errors = 0;
  for (int i = 0; i < cases; ++i) {
    const std::string bytes = damaged(valid[static_cast<size_t>(i) % valid.size()], random);
    try {
      read(bytes);
    } catch (const Error& error) {
      ++errors;
      EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
      EXPECT_LT(std::string_view(error.what()).size(), 400u) << error.what();
    }
  }
  return errors;
}

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

TEST_F(Files, DamagedNpyIsReadOrAnError) {
  std::vector<std::string> valid;
  for (const Tensor& x : one_of_each_dtype()) {
    write_npy("x.npy", x);
    valid.push_back(read_file("x.npy"));
  }
  const int errors =
      count_errors(valid, 20000, [](const std::string& bytes) { parse_npy(bytes, "x").to(kFloat64).sum(); });
  EXPECT_GT(errors, 10000);
  EXPECT_LT(errors, 20000);
}

}  // namespace

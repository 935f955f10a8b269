// Tensors in NumPy's .npy files: the bytes, the errors, and damaged files, which must do no harm.
#include "tensor/files/npy.h"

#include "binary_files.h"
#include "in_folder.h"
#include "tensor/files/safetensors.h"
#include "tensor/indexing.h"

using namespace gradus;
using namespace gradus::test;

namespace {

using Npy = InFolder;

TEST_F(Npy, KeepsEveryBitOfEveryDtype) {
  std::vector<Tensor> list = one_of_each_dtype();
  list.push_back(arange(24).view({2, 3, 4}).permute({2, 0, 1}));
  for (const Tensor& x : list) {
    write_npy("x.npy", x);
    EXPECT_TRUE(identical(read_npy("x.npy"), x));
    EXPECT_EQ(read_file("x.npy").find('\n') % 64, 63u);
  }
}

TEST_F(Npy, HasTheBytesOfNumPy) {
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

TEST_F(Npy, IsReadInEveryForm) {
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

TEST_F(Npy, WrongFilesAreErrors) {
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
TEST_F(Npy, OfPython2) {
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

TEST_F(Npy, DamagedFilesAreReadOrErrors) {
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

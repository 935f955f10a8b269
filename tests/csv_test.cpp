// CSV files: the values that are read, the errors that are raised, and the text that is written.
#include "tensor/files/csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "german_numbers.h"
#include "in_folder.h"
#include "tensor/create.h"
#include "tensor/files/files.h"
#include "tensor/indexing.h"
#include "tensor/random.h"

using namespace gradus;
namespace fs = std::filesystem;

namespace {

class Csv : public InFolder {
 protected:
  static CsvTable read(std::string_view text, const CsvOptions& options = {}) {
    std::ofstream("t.csv", std::ios::binary) << text;
    return read_csv("t.csv", options);
  }

  /// The message of the Error that reading this text raises.
  static std::string refusal(std::string_view text, const CsvOptions& options = {}) {
    return error_of([&] { read(text, options); });
  }
};

fs::path lab_data(const char* name) { return fs::path(GRADUS_SOURCE_DIR) / "labs/data" / name; }

using Names = std::vector<std::string>;

// ---- The labs' own files ------------------------------------------------------------------------

TEST_F(Csv, Iris) {
  const CsvTable iris = read_csv(lab_data("iris.csv"), {.label = "species"});
  EXPECT_EQ(iris.columns, (Names{"sepal_length", "sepal_width", "petal_length", "petal_width"}));
  EXPECT_EQ(iris.values.sizes(), IntArrayRef({150, 4}));
  EXPECT_EQ(iris.values.dtype(), kFloat32);
  EXPECT_TRUE(iris.values[0].equal(tensor({5.1, 3.5, 1.4, 0.2})));
  EXPECT_EQ(iris.classes, (Names{"setosa", "versicolor", "virginica"}));
  EXPECT_EQ(iris.labels.dtype(), kInt64);
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(iris.labels.eq(i).sum().item<int64_t>(), 50);
  EXPECT_TRUE(iris.column("petal_width").equal(iris.values.select(1, 3)));
  EXPECT_TRUE(iris.column("petal_width").is_alias_of(iris.values));
}

TEST_F(Csv, Digits) {
  const CsvTable digits = read_csv(lab_data("digits.csv"));
  EXPECT_EQ(digits.values.sizes(), IntArrayRef({1797, 65}));
  EXPECT_EQ(digits.values.slice(1, 0, 64).max().item<float>(), 16);
  const Tensor label = digits.column("digit").to(kInt64);
  EXPECT_EQ(label.max().item<int64_t>(), 9);
  EXPECT_TRUE(label.slice(0, 0, 10).equal(arange(10)));
}

TEST_F(Csv, Ratings) {
  const CsvTable ratings = read_csv(lab_data("ratings_20x10.csv"), {.dtype = kFloat64});
  EXPECT_EQ(ratings.values.sizes(), IntArrayRef({20, 10}));
  EXPECT_EQ(ratings.values.dtype(), kFloat64);
  EXPECT_EQ(ratings.values[0][2].item<double>(), 3);
}

TEST_F(Csv, MovieLensTriples) {
  const char* text =
      "userId,movieId,rating,timestamp\r\n1,296,5.0,1147880044\r\n1,306,3.5,1147868817\r\n2,16777217,4.0,"
      "1\r\n";
  const CsvTable all = read(text, {.dtype = kFloat64});
  EXPECT_EQ(all.values.sizes(), IntArrayRef({3, 4}));
  EXPECT_EQ(all.column("timestamp")[0].item<int64_t>(), 1147880044);

  const CsvTable some = read(text, {.dtype = kFloat64, .columns = {"rating", "movieId"}});
  EXPECT_EQ(some.columns, (Names{"rating", "movieId"}));
  EXPECT_TRUE(some.values.equal(tensor({{5.0, 296.0}, {3.5, 306.0}, {4.0, 16777217.0}}, kFloat64)));
}

// ---- Forms of the same table --------------------------------------------------------------------

TEST_F(Csv, LineEndsMarksAndSpacesDoNotMatter) {
  const Tensor expected = tensor({{1.0, 2.0}, {3.0, -4.5}});
  for (const char* text :
       {"a,b\n1,2\n3,-4.5\n", "a,b\n1,2\n3,-4.5", "a,b\r\n1,2\r\n3,-4.5\r\n", "a,b\r1,2\r3,-4.5\r",
        "\xEF\xBB\xBF"
        "a,b\n1,2\n3,-4.5\n",
        "\n\na,b\n\n1,2\n\n\n3,-4.5\n\n", " a , b \n 1,\t2 \n+3, -4.5", "\"a\",\"b\"\n\"1\",2\n3,\"-4.5\"\n",
        "a,b\n1e0,20E-1\n.3e1,-4.50000000000000000000001\n"}) {
    SCOPED_TRACE(text);
    const CsvTable table = read(text);
    EXPECT_EQ(table.columns, (Names{"a", "b"}));
    EXPECT_TRUE(table.values.equal(expected));
  }
}

TEST_F(Csv, WithoutColumnNames) {
  const CsvTable table = read("1,2\n3,4\n");
  EXPECT_EQ(table.columns, (Names{"1", "2"}));
  EXPECT_EQ(table.rows(), 2);
  EXPECT_TRUE(table.column("2").equal(tensor({2.0, 4.0})));

  // With `header = true`, column names may be numbers, all of them or some.
  EXPECT_EQ(read("2019,2020\n3,4\n", {.header = true}).columns, (Names{"2019", "2020"}));
  EXPECT_EQ(read("id,2020\n3,4\n", {.header = true}).rows(), 1);
  EXPECT_EQ(refusal("id,2020\n3,4\n"), "t.csv, line 1, column 1: expected a number, found \"id\"");
  EXPECT_EQ(refusal("a,b\n3,4\n", {.header = false}),
            "t.csv, line 1, column 1: expected a number, found \"a\"");
  EXPECT_EQ(read("5.1,setosa\n4.9,virginica\n", {.label = "2"}).classes, (Names{"setosa", "virginica"}));
  EXPECT_EQ(read("5.1,setosa\n4.9,virginica\n", {.label = kLastColumn}).classes,
            (Names{"setosa", "virginica"}));
  EXPECT_EQ(read(",\n1,2\n", {.allow_missing = true}).rows(), 2);  // missing values are no names
  EXPECT_EQ(read(",a\n1,2\n").columns, (Names{"", "a"}));
}

TEST_F(Csv, QuotesTellNamesFromNumbers) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  for (const Names& names : {Names{"1", "2"}, Names{"2019", "x"}, Names{"", "nan"}, Names{" ", "-inf"},
                             Names{"+1e999", ".5"}, Names{"\"7\"", "8,9"}}) {
    write_csv("x.csv", x, names);
    const CsvTable back = read_csv("x.csv");
    EXPECT_TRUE(back.values.equal(x)) << read_file("x.csv");
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(back.columns[i], names[i] == " " ? "" : names[i]);
  }
  write_csv("x.csv", tensor({5.0}), {""});
  EXPECT_EQ(read_csv("x.csv").rows(), 1);
  write_csv("x.csv", empty({0, 2}), {"1", "2"});
  EXPECT_NE(error_of([] { read_csv("x.csv"); }).find("but no rows below them"), std::string::npos);

  // Quotes say nothing where the rows below have them, too, or where only some of the first row's numbers do.
  EXPECT_EQ(read("\"1\",\"2\"\n\"3\",\"4\"\n").rows(), 2);
  EXPECT_EQ(read("\"1\",2\n3,4\n").rows(), 2);
  EXPECT_EQ(read("\"1\",\"2\"\n0.5,\"b\"\n", {.label = "2"}).classes, Names{"b"});
}

TEST_F(Csv, QuotedFields) {
  const CsvTable table =
      read("\"a, b\",\"the \"\"class\"\"\"\n1,\"x, y\"\n2,\"line one\nline two\"\n3,\"\"\"\"\n4,5\" tall\n",
           {.label = "the \"class\""});
  EXPECT_EQ(table.columns, (Names{"a, b"}));
  EXPECT_EQ(table.classes, (Names{"x, y", "line one\nline two", "\"", "5\" tall"}));
}

TEST_F(Csv, LabelsAreNumberedAsTheyAppear) {
  const CsvTable table = read("kind,x\nb,1\na,2\n b ,3\nc,4\n", {.label = "kind"});
  EXPECT_EQ(table.classes, (Names{"b", "a", "c"}));
  EXPECT_TRUE(table.labels.equal(tensor({0, 1, 0, 2})));
  EXPECT_EQ(table.values.sizes(), IntArrayRef({4, 1}));
  EXPECT_FALSE(read("x\n1\n").labels.defined());
}

TEST_F(Csv, MissingValues) {
  const CsvTable table = read("a,b\n1,\nnan,NaN\n,4\n", {.allow_missing = true});
  EXPECT_TRUE(table.values.isnan().equal(tensor({{false, true}, {true, true}, {true, false}})));
  EXPECT_EQ(refusal("a,b\n1,\n"), "t.csv, line 2, column 2 (b): expected a number, found \"\"");
  EXPECT_EQ(refusal("a,b\n1,2\nnan,2\n"), "t.csv, line 3, column 1 (a): expected a number, found \"nan\"");
  EXPECT_EQ(refusal("a,k\n1,\n", {.label = "k"}),
            "t.csv, line 2, column 2 (k): expected a label, found \"\"");
  EXPECT_EQ(refusal("a\n1\n", {.dtype = kInt64, .allow_missing = true}),
            "read_csv: missing values become NaN, which int64 does not have; ask for float32 or float64");
}

TEST_F(Csv, WholeNumbers) {
  const CsvTable table = read("a\n-9223372036854775808\n9223372036854775807\n", {.dtype = kInt64});
  EXPECT_EQ(table.values[0][0].item<int64_t>(), INT64_MIN);
  EXPECT_EQ(table.values[1][0].item<int64_t>(), INT64_MAX);
  EXPECT_EQ(refusal("a\n1.5\n", {.dtype = kInt64}),
            "t.csv, line 2, column 1 (a): expected a whole number, found \"1.5\"");
  EXPECT_EQ(refusal("a\n\"\"\n", {.dtype = kInt64}),
            "t.csv, line 2, column 1 (a): expected a whole number, found \"\"");
  EXPECT_EQ(refusal("a\n9223372036854775808\n", {.dtype = kInt64}),
            "t.csv, line 2, column 1 (a): expected a number that fits int64, found \"9223372036854775808\"");
  EXPECT_EQ(refusal("a\n1\n", {.dtype = kBool}),
            "read_csv: values are read as float32, float64 or int64, not as bool");
}

TEST_F(Csv, HugeAndTinyNumbers) {
  EXPECT_EQ(refusal("a\n1e39\n"),
            "t.csv, line 2, column 1 (a): expected a number that fits float32, found \"1e39\"");
  EXPECT_EQ(read("a\n1e39\n", {.dtype = kFloat64}).values.item<double>(), 1e39);
  EXPECT_EQ(refusal("a\n-1e999\n", {.dtype = kFloat64}),
            "t.csv, line 2, column 1 (a): expected a number that fits float64, found \"-1e999\"");
  EXPECT_EQ(read("a\n-inf\n").values.item<double>(), -HUGE_VAL);
  EXPECT_EQ(read("a\n5e-324\n", {.dtype = kFloat64}).values.item<double>(), 5e-324);
  EXPECT_EQ(read("a\n1e-400\n", {.dtype = kFloat64}).values.item<double>(), 0);
  EXPECT_EQ(read("a\n-1e-60\n").values.item<double>(), 0);
  EXPECT_EQ(read("a\n" + std::string(5000, '0') + "7\n").values.item<float>(), 7);
}

TEST_F(Csv, IgnoresTheLocale) {
  const test::GermanNumbers in_force;
  EXPECT_EQ(read("a\n1.5\n").values.item<float>(), 1.5F);
  EXPECT_EQ(read("a\n1.5e-60\n").values.item<float>(), 0);
  write_csv("t.csv", tensor({12345.5}));
  EXPECT_EQ(read_file("t.csv"), "12345.5\n");
  manual_seed(3);
  const Tensor state = get_rng_state(), expected = rand(3);
  set_rng_state(state);
  EXPECT_TRUE(rand(3).equal(expected));
}

// ---- Errors -------------------------------------------------------------------------------------

TEST_F(Csv, TheMessageSaysWhere) {
  std::string iris = read_file(lab_data("iris.csv"));
  size_t line_start = 0;
  for (int line = 1; line < 38; ++line) line_start = iris.find('\n', line_start) + 1;
  const size_t field = iris.find(',', iris.find(',', line_start) + 1) + 1;
  iris.replace(field, 3, "n/a");
  replace_file("iris.csv", iris);
  EXPECT_EQ(error_of([] { read_csv("iris.csv", {.label = "species"}); }),
            "iris.csv, line 38, column 3 (petal_length): expected a number, found \"n/a\"");
}

TEST_F(Csv, MalformedTables) {
  EXPECT_EQ(refusal(""), "t.csv: the file is empty");
  EXPECT_EQ(refusal("\n\r\n\n"), "t.csv: the file is empty");
  EXPECT_EQ(refusal("\xEF\xBB\xBF"), "t.csv: the file is empty");
  EXPECT_EQ(refusal("a,b\n"), "t.csv: there are column names, but no rows below them");
  EXPECT_EQ(refusal("a,b\n1,2\n3\n"), "t.csv, line 3: expected 2 fields, found 1");
  EXPECT_EQ(refusal("a,b\n\n1,2,3\n"), "t.csv, line 3: expected 2 fields, found 3");
  EXPECT_EQ(refusal("a\n1,2\n"), "t.csv, line 2: expected 1 field, found 2");
  EXPECT_EQ(refusal("a,b\n1,\"2\n3,4\n"),
            "t.csv, line 2, column 2: the quote that opens here is never closed");
  EXPECT_EQ(refusal("a,b\n1,\"2\"3\n"),
            "t.csv, line 2, column 2: expected a comma or the end of the line after the closing quote");
  EXPECT_EQ(refusal("k,x\n\"1\n\",2\nq,z\n", {.label = "k"}),
            "t.csv, line 4, column 2 (x): expected a number, found \"z\"");
  for (const char* text : {"1.5x", "x1.5", "1,5", "1.5.2", "--1", "+-1", "0x10", "1e", "e5", "1 2", ".", "-"})
    EXPECT_EQ(refusal("a\n\"" + std::string(text) + "\"\n"),
              "t.csv, line 2, column 1 (a): expected a number, found \"" + std::string(text) + "\"");
}

TEST_F(Csv, MessagesHaveNoControlCharactersAndAreShort) {
  EXPECT_EQ(refusal(std::string("a\n\x1B[2J\0\n", 8)),
            "t.csv, line 2, column 1 (a): expected a number, found \"?[2J?\"");
  EXPECT_EQ(refusal("a\n" + std::string(39, 'x') + "éé\n"),
            "t.csv, line 2, column 1 (a): expected a number, found \"" + std::string(39, 'x') + "…\"");
}

TEST_F(Csv, UnknownColumns) {
  const char* text = "a,b,a\n1,2,3\n";
  EXPECT_EQ(refusal(text, {.label = "species"}),
            "t.csv: there is no column \"species\"; there are \"a\", \"b\", \"a\"");
  EXPECT_EQ(refusal(text, {.columns = {"b", "c"}}),
            "t.csv: there is no column \"c\"; there are \"a\", \"b\", \"a\"");
  EXPECT_EQ(refusal(text, {.columns = {"a"}}), "t.csv: two columns are called \"a\"");
  EXPECT_LT(error_of([] { read_csv(lab_data("digits.csv"), {.columns = {"label"}}); }).size(), 300u);
  const CsvTable table = read("a,b\n1,2\n");
  EXPECT_EQ(error_of([&] { table.column("B"); }), "t.csv: there is no column \"B\"; there are \"a\", \"b\"");
}

TEST_F(Csv, UnreadableFiles) {
  EXPECT_EQ(error_of([] { read_csv("none.csv"); }), "cannot read none.csv: No such file or directory");
  EXPECT_EQ(error_of([] { read_csv("."); }), "cannot read .: it is a folder");
  EXPECT_EQ(error_of([] { read_csv(""); }), "cannot read : No such file or directory");
  fs::create_symlink("loop.csv", "loop.csv");
  EXPECT_EQ(error_of([] { read_csv("loop.csv"); }),
            "cannot read loop.csv: Too many levels of symbolic links");
}

// ---- Writing ------------------------------------------------------------------------------------

TEST_F(Csv, WritesWhatItReads) {
  const double third = 1.0 / 3;
  const Tensor x = tensor({{third, -0.0}, {1e300, 5e-324}, {HUGE_VAL, -7.0}}, kFloat64);
  write_csv("x.csv", x, {"plain", "with \"quotes\", and a comma"});
  EXPECT_EQ(read_file("x.csv"),
            "plain,\"with \"\"quotes\"\", and a comma\"\n0.3333333333333333,-0\n1e+300,5e-324\ninf,-7\n");
  const CsvTable back = read_csv("x.csv", {.dtype = kFloat64});
  EXPECT_EQ(back.columns[1], "with \"quotes\", and a comma");
  EXPECT_TRUE(back.values.equal(x));
  EXPECT_TRUE(std::signbit(back.values[0][1].item<double>()));

  const Tensor random = (arange(3000).to(kFloat32) * 0.7137F).sin().view({1000, 3});
  write_csv("random.csv", random);
  EXPECT_TRUE(read_csv("random.csv").values.equal(random));
}

TEST_F(Csv, WritesEveryDtypeAndView) {
  const auto written = [](const Tensor& x) {
    write_csv("x.csv", x);
    return read_file("x.csv");
  };
  EXPECT_EQ(written(tensor({1, -2})), "1\n-2\n");
  EXPECT_EQ(written(tensor({{true, false}})), "1,0\n");
  EXPECT_EQ(written(tensor({INT32_MIN, INT32_MAX}, kInt32)), "-2147483648\n2147483647\n");
  EXPECT_EQ(written(tensor({{-32768, 65}}, kInt16)), "-32768,65\n");
  EXPECT_EQ(written(tensor({{65, 255}}, kUInt8)), "65,255\n");
  EXPECT_EQ(written(tensor({0.1, std::nan("")})), "0.1\nnan\n");
  EXPECT_EQ(written(arange(6).view({2, 3}).t()), "0,3\n1,4\n2,5\n");
  EXPECT_EQ(written(tensor(1.5).requires_grad_().expand({2, 2})), "1.5,1.5\n1.5,1.5\n");
  EXPECT_EQ(written(empty({0, 3})), "");
}

TEST_F(Csv, WritingMistakesAreNamed) {
  const Tensor x = ones({2, 2});
  EXPECT_EQ(error_of([&] { write_csv("x.csv", x, {"a"}); }), "write_csv: 1 column names for 2 columns");
  EXPECT_EQ(error_of([] {
              write_csv("x.csv", ones({2, 2, 2}));
            }),
            "write_csv: expected a vector or a matrix, not a tensor of shape (2, 2, 2)");
  EXPECT_EQ(error_of([] { write_csv("x.csv", tensor(1.0)); }),
            "write_csv: expected a vector or a matrix, not a tensor of shape ()");
  EXPECT_EQ(error_of([&] { write_csv("no/such/folder/x.csv", x); }),
            "cannot write no/such/folder/x.csv: No such file or directory");
  EXPECT_EQ(error_of([&] { write_csv(".", x); }), "cannot write .: it is a folder");
  EXPECT_EQ(files_in_folder(), 0u);
}

TEST_F(Csv, AFullDiskIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  EXPECT_EQ(error_of([] {
              write_csv("/dev/full", ones({100, 100}));
            }),
            "cannot write /dev/full: No space left on device");
}

TEST_F(Csv, ReplacesTheWholeFile) {
  replace_file("old.csv", "old\n1\n");
  fs::permissions("old.csv", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("old.csv", "link.csv");
  write_csv("link.csv", tensor({2.0}), {"new"});
  EXPECT_EQ(read_file("old.csv"), "new\n2\n");
  EXPECT_TRUE(fs::is_symlink("link.csv"));
  EXPECT_EQ(fs::status("old.csv").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(files_in_folder(), 2u);  // no temporary file is left
}

}  // namespace

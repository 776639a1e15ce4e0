// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_chart.hpp"
#include "runtime/metrics/report_page.hpp"

#include <gmock/gmock.h>

namespace troupe::metrics {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::vector<json> two_stages() {
  return {
      {{"kind", "step"}, {"stage", "warm"}, {"step", 1}, {"loss", 2.0}, {"seconds", 1.0}},
      {{"kind", "step"}, {"stage", "warm"}, {"step", 4}, {"loss", 1.0}, {"seconds", 1.0}},
      {{"kind", "eval"},
       {"stage", "warm"},
       {"step", 4},
       {"task", "add"},
       {"split", "heldout"},
       {"n", 512},
       {"pass@1", 0.25}},
      {{"kind", "step"}, {"stage", "rl"}, {"step", 2}, {"loss", 0.5}, {"reward", 0.9}, {"seconds", 1.5}},
      {{"kind", "eval"}, {"stage", "rl"}, {"step", 1}, {"task", "add"}, {"split", "validation"}, {"pass@1", 0.5}},
      {{"kind", "eval"},
       {"stage", "rl"},
       {"step", 2},
       {"task", "add"},
       {"split", "heldout"},
       {"n", 512},
       {"pass@1", 0.75}},
  };
}

TEST(ReportData, PlacesEveryFigureOnOneAxis) {
  const auto d = gather(two_stages(), nullptr);
  ASSERT_EQ(d.stages.size(), 2U);
  EXPECT_DOUBLE_EQ(d.figures.at("loss")[0].x, 0.25); // step 1 of 4 in band 0
  EXPECT_DOUBLE_EQ(d.figures.at("loss")[2].x, 2.0);  // step 2 of 2 in band 1
  EXPECT_DOUBLE_EQ(d.validation.at("add")[0].x, 1.5);
  EXPECT_EQ(d.heldout.at("add").size(), 2U);
  EXPECT_DOUBLE_EQ(d.seconds, 3.5);
}

TEST(ReportData, ALaterHeldOutEvaluationReplacesAnEarlierOne) {
  auto lines = two_stages();
  lines.push_back(
      {{"kind", "eval"}, {"stage", "rl"}, {"task", "add"}, {"split", "heldout"}, {"n", 512}, {"pass@1", 0.8}});
  const auto points = gather(lines, nullptr).heldout.at("add");
  ASSERT_EQ(points.size(), 2U);
  EXPECT_DOUBLE_EQ(points[1].y, 0.8);
}

TEST(ReportPage, ShowsAccuracyAnswersCountsAndKeptShares) {
  const json report{
      {"answers",
       {{{"stage", "warm"}, {"prompt", "1+1="}, {"completion", "3"}, {"answer", "2"}, {"verdict", "incorrect"}},
        {{"stage", "rl"}, {"prompt", "1+1="}, {"completion", "2"}, {"answer", "2"}, {"verdict", "correct"}}}},
      {"datasets", {{{"name", "kept"}, {"records", 245}, {"considered", 1024}, {"kept_share", 0.239}}}},
      {"counts", {{"issued", 10}, {"trained", 8}, {"dropped", {{"stale", 2}}}, {"conserved", true}}}};
  const auto page = report_page(gather(two_stages(), report));
  for (const char* text :
       {">25.0%<", ">75.0%<", "+50.0 points since warm", "&#10007; wrong", "&#10003; correct", "after rl",
        "dropped:stale", "every one accounted for", "23.9%", "prefers-color-scheme:dark"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
}

TEST(ReportPage, FetchesNothingAndEscapesEverything) {
  const json report{{"answers",
                     {{{"stage", "<b>"},
                       {"prompt", "<script>alert(1)</script>"},
                       {"completion", "\"'&\x01"},
                       {"answer", "</code>"},
                       {"verdict", "odd"}}}}};
  auto d = gather(two_stages(), report);
  d.title = "</title><script>";
  d.recipe = "</pre><img src=http://x>";
  const auto page = report_page(d);
  for (const char* text : {"<script", "<img", "<link", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(text)));
  }
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("&quot;&#39;&amp;\xef\xbf\xbd"));
  EXPECT_THAT(page, HasSubstr("? undecided"));
}

TEST(ReportPage, AnEmptyRunStillHasAPage) {
  EXPECT_THAT(report_page(gather({}, nullptr)), HasSubstr("</html>"));
}

TEST(ReportChart, FigureAtTheTopOfTheAxisStandsAtTheTopEdge) {
  const chart c{
      .label = "x", .series = {{"s", 1, line_shape::curve, {{0, 0, "a", 0}, {1, 1, "a", 1}}}}, .percent = true};
  // Height 190: 24 above, 24 below; 0 at y 166, 1 at y 24; x from 46 to 760 - 8.
  EXPECT_THAT(draw(c, {{"a", 1}}), HasSubstr("M46.0 166.0L752.0 24.0"));
}

TEST(ReportChart, OfTwoLevelsCloseTogetherTheUpperValueStandsAboveAndTheLowerBelow) {
  const chart c{.label = "x",
                .series = {{"low", 1, line_shape::steps, {{0, 0.95, "a", 0}}},
                           {"high", 2, line_shape::steps, {{0, 0.98, "a", 0}}}},
                .percent = true};
  const auto svg = draw(c, {{"a", 1}});
  EXPECT_THAT(svg, HasSubstr("t1\" x=\"399.0\" y=\"48.1\"")); // its line at 31.1
  EXPECT_THAT(svg, HasSubstr("t2\" x=\"399.0\" y=\"19.8\"")); // its line at 26.8
}

TEST(ReportChart, NumbersAreShort) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.73444), "0.734");
  EXPECT_EQ(short_number(33.25), "33.25");
  EXPECT_EQ(short_number(21340), "21.3k");
  EXPECT_EQ(short_number(0.0000321), "3.2e-05");
}

} // namespace
} // namespace troupe::metrics

// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_page.hpp"

#include "runtime/metrics/display_text.hpp"
#include "runtime/metrics/report_chart.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace troupe::metrics {

namespace {

std::string figure(const std::string& name, const std::string& value, const std::string& note) {
  return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>", escaped(name), escaped(value),
                     escaped(note));
}

std::string headline(const report_data& d) {
  std::string out = "<dl class=\"figures\">";
  for (const auto& [task, points] : d.heldout) {
    const double gain = 100 * (points.back().y - points.front().y);
    out += figure(task + ", held out", fmt::format("{:.1f}%", 100 * points.back().y),
                  points.size() < 2 ? "after " + points.back().stage
                                    : fmt::format("{:+.1f} points since {}", gain, points.front().stage));
  }
  out += figure("Steps", fmt::format("{:.0f}", d.steps), "in " + duration_text(d.seconds) + " of training");
  if (d.tokens > 0) {
    out += figure("Tokens trained on", short_number(d.tokens), "sampled by the policy itself");
  }
  if (d.counts.is_object() && d.counts.contains("issued")) {
    const bool whole = d.counts.value("conserved", false);
    out += figure("Groups", d.counts["issued"].dump(), whole ? "every one accounted for" : "NOT all accounted for");
  }
  return out + "</dl>";
}

std::string stage_list(const report_data& d) {
  std::string out = "<ol class=\"stages\">";
  for (std::size_t i = 0; i < d.stages.size(); ++i) {
    out += fmt::format("<li><b>{} {}</b> {}</li>", i + 1, escaped(d.stages[i].name),
                       d.stages[i].last_step > 0 ? fmt::format("{:.0f} steps", d.stages[i].last_step) : "evaluated");
  }
  return out + "</ol>";
}

std::string accuracy(const report_data& d) {
  chart c{.label = "Accuracy over all stages", .series = {}, .percent = true, .height = 300};
  int colour = 0;
  std::vector<chart_series> thin;
  for (const auto& [task, points] : d.heldout) {
    colour = colour % 4 + 1;
    const auto problems = d.heldout_problems.at(task);
    c.series.push_back({fmt::format("{}, {} held-out problems", task, problems), colour, line_shape::steps, points});
    if (const auto v = d.validation.find(task); v != d.validation.end()) {
      thin.push_back({task + ", validation while training", colour, line_shape::dots, v->second});
    }
  }
  for (const auto& [task, points] : d.validation) {
    if (!d.heldout.contains(task)) {
      colour = colour % 4 + 1;
      thin.push_back({task + ", validation while training", colour, line_shape::dots, points});
    }
  }
  c.series.insert(c.series.end(), thin.begin(), thin.end());
  if (c.series.empty()) {
    return "";
  }
  return "<h2>Accuracy, stage by stage</h2><p class=\"note\">Thick: share of held-out problems answered correctly "
         "after "
         "each stage (pass@1). Thin: validation problems while the stage trained; decisions were taken on these "
         "alone.</p>"
         "<div class=\"card\">" +
         legend(c) + draw(c, d.stages) + stage_list(d) + "</div>";
}

struct curve_request {
  const char* title;
  const char* note;
  std::vector<std::pair<const char*, const char*>> metrics; ///< name in metrics.jsonl, name on the page
};

std::string curves(const report_data& d) {
  static const std::vector<curve_request> wanted{
      {"Reward", "mean of a batch", {{"reward", "reward"}}},
      {"Response length", "tokens, mean of a batch", {{"completions/mean_length", "tokens"}}},
      {"Staleness", "policy versions behind the learner", {{"staleness/mean", "mean"}, {"staleness/max", "oldest"}}},
      {"Loss", "as optimised by the stage", {{"loss", "loss"}}},
      {"Entropy", "nats a token", {{"entropy", "entropy"}}},
      {"Sampling", "tokens a second", {{"perf/tokens_per_second", "tokens/s"}}},
      {"Overlap", "share of a step in which sampling and training ran at once", {{"overlap_ratio", "overlap"}}},
      {"Log-probability gap", "largest between sampler and trainer", {{"logprob_gap_max", "gap"}}},
  };
  std::string out;
  for (const auto& w : wanted) {
    chart c{.label = w.title, .series = {}};
    int colour = 0;
    for (const auto& [metric, name] : w.metrics) {
      ++colour;
      if (const auto it = d.figures.find(metric); it != d.figures.end()) {
        c.series.push_back({name, colour, line_shape::curve, it->second});
      }
    }
    if (!c.series.empty()) {
      out += fmt::format("<div class=\"card\"><h3>{}</h3><p class=\"note\">{}</p>{}{}</div>", w.title, w.note,
                         c.series.size() > 1 ? legend(c) : "", draw(c, d.stages));
    }
  }
  return out.empty() ? ""
                     : "<h2>Curves</h2><p class=\"note\">All stages on one axis; a number below a chart is the stage's "
                       "place in the list above.</p><div class=\"pair\">" +
                           out + "</div>";
}

struct fate {
  std::string name;
  double count = 0;
  int colour = 6;
};

int fate_colour(const std::string& name) {
  static const std::vector<std::pair<std::string, int>> known{{"trained", 1}, {"collected", 3}, {"scored", 4},
                                                              {"ready", 5},   {"leased", 5},    {"pending", 5}};
  const auto it = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == name; });
  return it != known.end() ? it->second : 2;
}

std::vector<fate> fates_of(const nlohmann::json& counts, const std::string& prefix) {
  std::vector<fate> out;
  for (const char* name : {"trained", "collected", "scored", "leased", "ready", "pending"}) {
    if (const double n = counts.value(name, 0.0); n > 0) {
      out.push_back({name, n, fate_colour(name)});
    }
  }
  for (const auto& [name, n] : counts.items()) {
    const bool dropped = name.rfind("dropped", 0) == 0;
    if (dropped && n.is_number() && n.get<double>() > 0) {
      out.push_back({prefix + name, n.get<double>(), 2});
    } else if (dropped && n.is_object()) {
      for (const auto& [reason, m] : n.items()) {
        if (m.is_number() && m.get<double>() > 0) {
          out.push_back({"dropped:" + reason, m.get<double>(), 2});
        }
      }
    }
  }
  return out;
}

std::string stack(const std::string& title, const std::vector<fate>& fates) {
  double total = 0;
  for (const auto& f : fates) {
    total += f.count;
  }
  if (total == 0) {
    return "";
  }
  std::string bar;
  std::string rows;
  for (const auto& f : fates) {
    bar += fmt::format("<i class=\"k{}\" style=\"flex:{:.0f}\" title=\"{} {:.0f}\"></i>", f.colour, f.count,
                       escaped(f.name), f.count);
    rows += fmt::format(
        "<tr><td><i class=\"key k{}\"></i>{}</td><td class=\"n\">{:.0f}</td><td class=\"n\">{:.1f}%</td></tr>",
        f.colour, escaped(f.name), f.count, 100 * f.count / total);
  }
  return fmt::format("<div class=\"card\"><h3>{}: {:.0f}</h3><div class=\"stack\">{}</div><table>{}</table></div>",
                     escaped(title), total, bar, rows);
}

std::string counts(const report_data& d) {
  if (!d.counts.is_object()) {
    return "";
  }
  const auto samples = d.counts.value("samples", nlohmann::json::object());
  return "<h2>What became of every sample</h2><p class=\"note\">issued = pending + ready + leased + trained + "
         "collected + "
         "scored + dropped. <code>troupectl doctor</code> checks it.</p><div class=\"pair\">" +
         stack("Groups", fates_of(d.counts, "")) + stack("Samples", fates_of(samples, "")) + "</div>";
}

std::string datasets(const report_data& d) {
  if (d.datasets.empty()) {
    return "";
  }
  std::string rows;
  for (const auto& s : d.datasets) {
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{:.0f}</td><td class=\"n\">{:.0f}</td><td class=\"n\">{:.1f}%</td>"
        "<td class=\"m\"><div class=\"meter\"><i style=\"width:{:.1f}%\"></i></div></td></tr>",
        escaped(s.name), s.considered, s.records, 100 * s.kept_share, 100 * std::clamp(s.kept_share, 0.0, 1.0));
  }
  return "<h2>Rejection sampling</h2><p class=\"note\">Answers sampled, and the share that was kept: correct, "
         "well-formed, "
         "unique. A control samples as many answers from the model before reinforcement learning.</p><div "
         "class=\"card\">"
         "<table><tr><th>dataset</th><th class=\"n\">sampled</th><th class=\"n\">kept</th><th "
         "class=\"n\">share</th><th class=\"m\"></th></tr>" +
         rows + "</table></div>";
}

std::string mark(const std::string& verdict) {
  if (verdict == "correct") {
    return "<span class=\"mark correct\">&#10003; correct</span>";
  }
  if (verdict == "incorrect") {
    return "<span class=\"mark incorrect\">&#10007; wrong</span>";
  }
  return "<span class=\"mark undecided\">? undecided</span>";
}

std::string answers(const report_data& d) {
  std::vector<std::string> prompts;
  for (const auto& a : d.answers) {
    if (std::find(prompts.begin(), prompts.end(), a.prompt) == prompts.end()) {
      prompts.push_back(a.prompt);
    }
  }
  std::string out;
  for (const auto& prompt : prompts) {
    std::string rows;
    std::string expected;
    for (const auto& a : d.answers) {
      if (a.prompt == prompt) {
        expected = a.answer;
        rows += fmt::format("<div class=\"answer\"><span class=\"by\">after {}</span>{}<pre>{}</pre></div>",
                            escaped(a.stage), mark(a.verdict), escaped(a.completion));
      }
    }
    out += fmt::format(
        "<section class=\"card problem\"><header><h3><code>{}</code></h3>{}</header><div class=\"answers\">{}"
        "</div></section>",
        escaped(prompt),
        expected.empty() ? "" : "<span class=\"note\">answer <code>" + escaped(expected) + "</code></span>", rows);
  }
  return out.empty() ? "" : "<h2>The same problems, after each stage</h2>" + out;
}

} // namespace

std::string report_page(const report_data& d) {
  std::string out = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                    "content=\"width=device-width,initial-scale=1\"><title>" +
                    escaped(d.title) + "</title><style>" + report_style + "</style></head><body><main>";
  out += "<h1>" + escaped(d.title) +
         "</h1><p class=\"lead\">A Troupe run: what was learned, from what, and what became of "
         "every sample.</p>";
  out += headline(d) + accuracy(d) + answers(d) + curves(d) + datasets(d) + counts(d);
  if (!d.recipe.empty()) {
    out += "<details><summary>The recipe, every default spelled out</summary><pre>" + escaped(d.recipe) +
           "</pre></details>";
  }
  return out + "<footer>One file; it opens without a network. The same figures: metrics.jsonl, tensorboard/.</footer>"
               "</main></body></html>\n";
}

} // namespace troupe::metrics

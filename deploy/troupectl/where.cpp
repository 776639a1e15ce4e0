// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/where.hpp"

#include "deploy/troupectl/table.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <vector>

namespace troupe::ctl {

namespace {

using predicate = std::function<bool(const row&)>;

enum class token_kind : std::uint8_t { word, number, text, symbol, end };

struct token {
  token_kind kind = token_kind::end;
  std::string text;
  double number = 0;
  std::size_t column = 1;
};

/// A refusal of one place in the expression.
struct refused {
  std::size_t column;
  std::string what;
};

[[noreturn]] void refuse(std::size_t column, const std::string& what) {
  throw refused{column, what};
}

/// The part of the expression around a column, and a caret below it.
std::string pointed_at(std::string_view expression, std::size_t column) {
  constexpr std::size_t before = 50, width = 76;
  std::size_t begin = column - 1 > before ? column - 1 - before : 0;
  while (begin > 0 && (expression[begin] & 0xc0) == 0x80) {
    --begin; // never cuts a character apart
  }
  std::string shown{expression.substr(begin, width)};
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  const auto ahead = characters(shown.substr(0, column - 1 - begin));
  return "\n  " + shown + "\n  " + std::string(ahead, ' ') + "^";
}

class lexer {
public:
  explicit lexer(std::string_view text) : text_(text) {}

  std::vector<token> all() {
    std::vector<token> tokens;
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != token_kind::end);
    return tokens;
  }

private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static bool in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '@' || c == '.' || c == '-';
  }

  token next() {
    while (std::isspace(static_cast<unsigned char>(peek())) != 0) {
      ++at_;
    }
    const char c = peek();
    if (at_ == text_.size()) {
      return {.column = at_ + 1};
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.') {
      return number();
    }
    if (in_word(c)) {
      const std::size_t begin = at_;
      while (in_word(peek())) {
        ++at_;
      }
      return {token_kind::word, std::string{text_.substr(begin, at_ - begin)}, 0, begin + 1};
    }
    return c == '"' || c == '\'' ? quoted() : symbol();
  }

  token number() {
    token t{token_kind::number, "", 0, at_ + 1};
    const auto [end, failed] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), t.number);
    if (failed != std::errc{}) {
      refuse(t.column, "not a number");
    }
    at_ = static_cast<std::size_t>(end - text_.data());
    if (in_word(peek())) {
      refuse(t.column, "not a number; text needs quotes");
    }
    return t;
  }

  token quoted() {
    token t{token_kind::text, "", 0, at_ + 1};
    const char quote = text_[at_++];
    for (; peek() != quote || at_ == text_.size(); ++at_) {
      if (at_ < text_.size() && text_[at_] == '\\') {
        ++at_;
      }
      if (at_ >= text_.size()) {
        refuse(t.column, fmt::format("the text has no closing {}", quote));
      }
      t.text += text_[at_];
    }
    ++at_;
    return t;
  }

  token symbol() {
    for (const std::string_view s : {"==", "!=", "<=", ">=", "<", ">", "~", "(", ")"}) {
      if (text_.substr(at_).starts_with(s)) {
        at_ += s.size();
        return {token_kind::symbol, std::string{s}, 0, at_ - s.size() + 1};
      }
    }
    refuse(at_ + 1, text_[at_] == '=' ? "= is not an operator; write ==" : fmt::format("cannot read '{}'", text_[at_]));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

template <class T>
bool holds(const std::string& op, const T& left, const T& right) {
  return op == "=="   ? left == right
         : op == "!=" ? left != right
         : op == "<"  ? left < right
         : op == "<=" ? left <= right
         : op == ">"  ? left > right
                      : left >= right;
}

/// The value of a row's field; null where it has none.
const row& value_of(const row& r, const std::string& name) {
  static const row null;
  const auto it = r.find(name);
  return it == r.end() ? null : *it;
}

class parser {
public:
  parser(std::vector<token> tokens, std::span<const field> known, std::set<std::string>& reads)
      : tokens_(std::move(tokens)), known_(known), reads_(reads) {}

  predicate whole() {
    auto p = expression();
    if (now().kind != token_kind::end) {
      refuse(now().column, "expected `and`, `or` or the end");
    }
    return p;
  }

private:
  const token& now() const { return tokens_[at_]; }
  bool take(token_kind kind, std::string_view text) {
    if (now().kind != kind || now().text != text) {
      return false;
    }
    ++at_;
    return true;
  }

  predicate expression() {
    auto left = conjunction();
    while (take(token_kind::word, "or")) {
      left = [left, right = conjunction()](const row& r) { return left(r) || right(r); };
    }
    return left;
  }

  predicate conjunction() {
    auto left = term();
    while (take(token_kind::word, "and")) {
      left = [left, right = term()](const row& r) { return left(r) && right(r); };
    }
    return left;
  }

  predicate term() {
    constexpr int deepest = 100;
    if (++depth_ > deepest) {
      refuse(now().column, "nested too deeply");
    }
    predicate p;
    if (take(token_kind::word, "not")) {
      p = [inner = term()](const row& r) { return !inner(r); };
    } else if (take(token_kind::symbol, "(")) {
      p = expression();
      if (!take(token_kind::symbol, ")")) {
        refuse(now().column, "expected )");
      }
    } else {
      p = comparison();
    }
    --depth_;
    return p;
  }

  predicate comparison() {
    const token name = now();
    if (name.kind != token_kind::word) {
      refuse(name.column, "expected a field; there are: " + field_names(known_));
    }
    const field* f = find_field(known_, name.text);
    if (f == nullptr) {
      refuse(name.column, fmt::format("there is no field '{}'; there are: {}", name.text, field_names(known_)));
    }
    reads_.insert(name.text);
    ++at_;
    const token op = now();
    if (op.kind != token_kind::symbol || op.text == "(" || op.text == ")") {
      refuse(op.column, fmt::format("expected an operator after {}: == != < <= > >= ~", name.text));
    }
    ++at_;
    const token value = now();
    if (value.kind == token_kind::end) {
      refuse(value.column, "expected a value");
    }
    ++at_;
    return compare(*f, name.text, op, value);
  }

  static predicate compare(const field& f, const std::string& name, const token& op, const token& value) {
    if (value.kind == token_kind::word && value.text == "null") {
      if (op.text != "==" && op.text != "!=") {
        refuse(op.column, "null is compared with == or !=");
      }
      return [name, wanted = op.text == "=="](const row& r) { return value_of(r, name).is_null() == wanted; };
    }
    if ((op.text == "~") != (op.text == "~" && f.type == field_type::text)) {
      refuse(op.column, "~ looks for text in a text; " + name + " is none");
    }
    switch (f.type) {
    case field_type::number:
      if (value.kind != token_kind::number) {
        refuse(value.column, name + " is a number; compare it with one");
      }
      return [name, op = op.text, wanted = value.number](const row& r) {
        const row& v = value_of(r, name);
        return v.is_number() && holds(op, v.get<double>(), wanted);
      };
    case field_type::text:
      if (value.kind != token_kind::text) {
        refuse(value.column, fmt::format("{} is text; put the value in quotes: {} {} \"{}\"", name, name, op.text,
                                         value.kind == token_kind::word ? value.text : "..."));
      }
      return [name, op = op.text, wanted = value.text](const row& r) {
        const row& v = value_of(r, name);
        if (!v.is_string()) {
          return false;
        }
        const auto& text = v.get_ref<const std::string&>();
        return op == "~" ? text.find(wanted) != std::string::npos : holds(op, text, wanted);
      };
    case field_type::boolean:
      break;
    }
    if (value.kind != token_kind::word || (value.text != "true" && value.text != "false") ||
        (op.text != "==" && op.text != "!=")) {
      refuse(value.column, fmt::format("{} is true or false: {} == true", name, name));
    }
    return [name, wanted = (value.text == "true") == (op.text == "==")](const row& r) {
      const row& v = value_of(r, name);
      return v.is_boolean() && v.get<bool>() == wanted;
    };
  }

  std::vector<token> tokens_;
  std::span<const field> known_;
  std::set<std::string>& reads_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

} // namespace

where::where(std::string_view expression, std::span<const field> known) {
  try {
    predicate_ = parser{lexer{expression}.all(), known, reads_}.whole();
  } catch (const refused& r) {
    throw error{errc::invalid,
                fmt::format("--where: column {}: {}{}", r.column, r.what, pointed_at(expression, r.column))};
  }
}

} // namespace troupe::ctl

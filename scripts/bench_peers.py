#!/usr/bin/env python3
"""The loops of `troupe bench decode` and `bench train` in plain PyTorch, and both programs' figures side by side.

The same model (hidden 128, 2 layers, 4 heads, SwiGLU 512, vocabulary 40, tied embeddings, RoPE base 1000, fp32), the same
batch, prompt (8 tokens) and completion (33 tokens). Written the way one writes it for speed without leaving PyTorch:
fused QKV and gate-up products, a preallocated key-value cache, scaled_dot_product_attention, log-probabilities by one
log_softmax, fused AdamW; sampling under inference_mode.

Programs take turns, `--rounds` times, and the best round of each counts: other work on the machine only ever slows one down.
"""
import argparse
import json
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore", message=".*NumPy.*")
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

HIDDEN, LAYERS, HEADS, FFN, VOCAB, CONTEXT = 128, 2, 4, 512, 40, 64
HEAD = HIDDEN // HEADS
PROMPT, NEW = 8, 33


class Decoder(torch.nn.Module):
    """A Llama-style decoder. q, k, v: [batch, heads, time, head]; cache: [layers, 2, batch, heads, CONTEXT, head]."""

    def __init__(self):
        super().__init__()
        weight = lambda *shape: torch.nn.Parameter(torch.randn(*shape) * 0.02)  # noqa: E731
        self.embedding = weight(VOCAB, HIDDEN)
        self.qkv = torch.nn.ParameterList(weight(3 * HIDDEN, HIDDEN) for _ in range(LAYERS))
        self.out = torch.nn.ParameterList(weight(HIDDEN, HIDDEN) for _ in range(LAYERS))
        self.gate_up = torch.nn.ParameterList(weight(2 * FFN, HIDDEN) for _ in range(LAYERS))
        self.down = torch.nn.ParameterList(weight(HIDDEN, FFN) for _ in range(LAYERS))
        self.norms = torch.nn.ParameterList(torch.nn.Parameter(torch.ones(HIDDEN)) for _ in range(2 * LAYERS + 1))
        frequency = 1000.0 ** (-torch.arange(0, HEAD, 2) / HEAD)
        angle = torch.outer(torch.arange(CONTEXT), frequency)
        self.register_buffer("cos", torch.cat([angle.cos(), angle.cos()], -1))
        self.register_buffer("sin", torch.cat([angle.sin(), angle.sin()], -1))

    def rotate(self, x, cos, sin):
        low, high = x.chunk(2, -1)
        return x * cos + torch.cat([-high, low], -1) * sin

    def forward(self, ids, start=0, cache=None):
        batch, length = ids.shape
        cos, sin = self.cos[start : start + length], self.sin[start : start + length]
        x = F.embedding(ids, self.embedding)
        for layer in range(LAYERS):
            h = F.rms_norm(x, (HIDDEN,), self.norms[2 * layer], 1e-6)
            qkv = F.linear(h, self.qkv[layer]).view(batch, length, 3, HEADS, HEAD).permute(2, 0, 3, 1, 4)
            q, k, v = self.rotate(qkv[0], cos, sin), self.rotate(qkv[1], cos, sin), qkv[2]
            if cache is not None:
                cache[layer, 0, :, :, start : start + length] = k
                cache[layer, 1, :, :, start : start + length] = v
                k, v = cache[layer, 0, :, :, : start + length], cache[layer, 1, :, :, : start + length]
            a = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
            x = x + F.linear(a.transpose(1, 2).reshape(batch, length, HIDDEN), self.out[layer])
            gate, up = F.linear(F.rms_norm(x, (HIDDEN,), self.norms[2 * layer + 1], 1e-6), self.gate_up[layer]).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, self.down[layer])
        return F.rms_norm(x, (HIDDEN,), self.norms[2 * LAYERS], 1e-6)

    def logits(self, hidden):
        return F.linear(hidden, self.embedding)


@torch.inference_mode()
def sample_once(model, batch):
    """PROMPT tokens in, NEW tokens out for each of `batch` sequences, with their log-probabilities, as a sampler must."""
    cache = torch.empty(LAYERS, 2, batch, HEADS, CONTEXT, HEAD)
    ids = torch.full((batch, PROMPT), 3)
    tokens, logprobs, at = [], [], 0
    for _ in range(NEW):
        hidden = model(ids, at, cache)[:, -1]
        at += ids.shape[1]
        logp = F.log_softmax(model.logits(hidden), -1)
        ids = torch.multinomial(logp.exp(), 1)
        logprobs.append(logp.gather(1, ids))
        tokens.append(ids)
    return torch.cat(tokens, 1), torch.cat(logprobs, 1)


class Training:
    """One GRPO update on a batch: log-probabilities of the completions, clipped ratio, token-mean, clip, AdamW."""

    def __init__(self, model, batch):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.prompt = torch.full((batch, PROMPT), 3)
        self.completion = (torch.arange(batch) % 30).unsqueeze(1).expand(batch, NEW).contiguous()
        self.advantage = torch.where(torch.arange(batch) % 2 == 0, 1.0, -1.0).unsqueeze(1)

    def step(self):
        ids = torch.cat([self.prompt, self.completion], 1)
        hidden = self.model(ids)[:, PROMPT - 1 : -1]
        logp = F.log_softmax(self.model.logits(hidden), -1).gather(2, self.completion.unsqueeze(2)).squeeze(2)
        ratio = (logp - logp.detach()).exp()  # on policy, as the first update of a batch is
        loss = -torch.min(ratio * self.advantage, ratio.clamp(0.8, 1.2) * self.advantage).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()


def rate(work, tokens, seconds):
    """Tokens a second of `work`, which handles `tokens` a call; the first call warms up."""
    work()
    calls, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds or calls == 0:
        work()
        calls += 1
    return calls * tokens / took


def troupe_rate(program, what, args):
    command = [program, "bench", what, "--threads", str(args.threads), "--batch", str(args.batch), "--seconds", str(args.seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench_peers: {' '.join(command)} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)["tokens_per_second"]


def main():
    parser = argparse.ArgumentParser(description="Troupe's sampling and training beside plain PyTorch's; one JSON object.")
    parser.add_argument("--troupe", default="build/release/bin/troupe", help="the program to compare with")
    parser.add_argument("--threads", type=int, default=1, help="intra-op threads of both")
    parser.add_argument("--batch", type=int, default=128, help="sequences at once")
    parser.add_argument("--seconds", type=float, default=5, help="to measure, each program and round")
    parser.add_argument("--rounds", type=int, default=3, help="turns; the best counts")
    args = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    model = Decoder()
    training = Training(Decoder(), args.batch)
    loops = {
        "decode": (lambda: sample_once(model, args.batch), args.batch * NEW),
        "train": (training.step, args.batch * (PROMPT + NEW)),
    }
    result = {"threads": args.threads, "batch": args.batch, "prompt_tokens": PROMPT, "new_tokens": NEW, "torch": torch.__version__}
    for what, (work, tokens) in loops.items():
        pairs = [(troupe_rate(args.troupe, what, args), rate(work, tokens, args.seconds)) for _ in range(args.rounds)]
        ours, theirs = (max(one) for one in zip(*pairs))
        result[what] = {
            "troupe_tokens_per_second": round(ours),
            "pytorch_tokens_per_second": round(theirs),
            "ratio": round(ours / theirs, 2),
            "ratios_by_round": [round(o / t, 2) for o, t in pairs],
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""Writes `analysis/ledger/tables/gram_counts.csv`: in how many complaints a pair of characters stands.

python bench/gram_table.py

Counts come from the corpus in the repository and from the word frequencies of jieba's dictionary, never from a
site's own complaints: what is grouped tonight must not change what was grouped yesterday.
"""

import csv
import json
import math
import re
import sys
from collections import Counter
from pathlib import Path

import jieba

from analysis.ledger.grams import TABLE
from analysis.ledger.likeness import normalised

ROOT = Path(__file__).resolve().parent.parent
WORDS_PER_COMPLAINT = 110
"""Words of a complaint of median length (200 characters)."""
LEAST_COUNT = 3
"""A pair seen in fewer complaints counts as unseen: it is more likely a part of a name than of the language."""


def main() -> int:
    """Write the table and print its size."""
    texts = [
        normalised(f"{row['title']}\n{row['text']}")
        for path in sorted((ROOT / "analysis" / "classify" / "corpus").glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
    counts = Counter(pair for text in texts for pair in {text[i : i + 2] for i in range(len(text) - 1)})
    shares = _dictionary_shares()
    for pair, share in shares.items():
        expected = round(len(texts) * (1 - math.exp(-WORDS_PER_COMPLAINT * share)))
        counts[pair] = max(counts[pair], expected)
    rows = sorted((p, n) for p, n in counts.items() if n >= LEAST_COUNT and p.isalnum())
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["pair", "complaints"])
        writer.writerow(["", len(texts)])
        writer.writerows(rows)
    print(f"{len(rows)} pairs, {len(texts)} complaints")
    return 0


def _dictionary_shares() -> Counter[str]:
    """Return the share of each pair of characters among the words of jieba's dictionary."""
    frequencies, total = jieba.Tokenizer().gen_pfdict(jieba.Tokenizer().get_dict_file())
    shares: Counter[str] = Counter()
    for word, frequency in frequencies.items():
        if frequency and re.fullmatch(r"[\u4e00-\u9fff]{2,}", word):
            for i in range(len(word) - 1):
                shares[word[i : i + 2]] += frequency / total
    return shares


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""compare_equal.py OURS.json PEER.log: the log-loss of every set and the AUC of every fold of the sets that the peer has timed.

Prints how many figures were compared and the largest difference; fails where one is above 1e-6. With --fit_ms OURS.json: seconds of all our fits.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import json
import sys

with open(sys.argv[2] if sys.argv[1] == "--fit_ms" else sys.argv[1], encoding="utf-8") as file:
    sets = json.load(file)["sets"]
if sys.argv[1] == "--fit_ms":
    print(sum(one["cost"]["fit_ms"] for one in sets) / 1000)
    sys.exit()
differences = []
with open(sys.argv[2], encoding="utf-8") as file:
    for words in map(str.split, file):
        if words[:1] == ["log_loss"]:
            differences.append(abs(sets[int(words[1])]["log_loss"]["value"] - float(words[2])))
        elif words[:1] == ["auc"]:
            differences.append(abs(sets[int(words[1])]["fold_aucs"][int(words[2])] - float(words[3])))
print(len(differences), f"{max(differences, default=float('nan')):.2g}")
sys.exit(not differences or not max(differences) <= 1e-6)

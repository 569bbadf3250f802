#!/bin/sh
# Includes point one way: each folder of src/ may include only what this table allows (the house of the design).
# A public header counts as the folder that implements it. SPDX-License-Identifier: GPL-3.0-or-later
set -eu
root=$1
faults=0

allowed() {
  core="base database source project history feature design model score"
  case $1 in
    base) echo "base" ;;
    database) echo "database base" ;;
    simulate) echo "simulate base" ;;
    source) echo "source database base" ;;
    project) echo "project database base" ;;
    history) echo "history source project database base" ;;
    feature) echo "feature history source project database base" ;;
    design) echo "design feature history source project database base model-data" ;;
    model) echo "model design feature history source project database base model-data" ;;
    score) echo "$core model-data" ;;
    sink) echo "sink $core model-data" ;;
    fit) echo "fit model design base model-data" ;;
    evaluate) echo "evaluate fit $core model-data" ;;
    monitor) echo "monitor $core model-data" ;;
    report) echo "report monitor evaluate fit $core model-data" ;;
    jobs) echo "jobs report monitor evaluate fit sink $core model-data" ;;
    cli) echo "cli public" ;;
    *) echo "" ;;
  esac
}

# Which folder a public header belongs to. model.h is plain data that design fills and model reads and writes.
owner() {
  case $1 in
    status.h | day.h | notes.h | run.h) echo base ;;
    simulate.h) echo simulate ;;
    kinds.h | project.h | playbook.h) echo project ;;
    check.h | features.h) echo design ;;
    model.h) echo model-data ;;
    score.h) echo score ;;
    gates.h | rates.h | reps.h) echo monitor ;;
    card.h) echo report ;;
    sink.h) echo sink ;;
    compare.h | leaks.h | log.h | loyal.h | nightly.h | registry.h | report.h | retrain.h | savings.h | train.h) echo jobs ;;
    evaluate.h | curves.h) echo evaluate ;;
    churn.h) echo everything ;;
    *) echo unknown ;;
  esac
}

for file in "$root"/src/*/*.[ch]; do
  folder=$(basename "$(dirname "$file")")
  may=" $(allowed "$folder") "
  for target in $(sed -n 's/^ *# *include *["<]\([a-z_]*\/[a-z_]*\.h\)[">].*/\1/p' "$file"); do
    name=${target%%/*}
    case $name in
      churn) if [ "$folder" = cli ]; then name=public; else name=$(owner "${target#*/}"); fi ;;
      base | database | simulate | source | project | history | feature | design | model | score | sink | fit | evaluate | monitor | report | jobs | cli) ;;
      gsl) name=gsl ;;
      *) continue ;;
    esac
    if [ "$name" = gsl ]; then
      case $folder in simulate | fit | evaluate | monitor) continue ;; esac
    fi
    case $may in
      *" $name "*) ;;
      *) echo "$file may not include $target"; faults=$((faults + 1)) ;;
    esac
  done
  if [ "$folder" != base ] || [ "$(basename "$file")" != parallel.c ]; then
    if grep -nE '#include <omp\.h>|#pragma omp (parallel|for|critical|task)' "$file"; then
      echo "$file uses OpenMP; only base/parallel.c may"
      faults=$((faults + 1))
    fi
  fi
  if [ "$folder" != cli ] && grep -nE '(^|[^a-z_])(printf|puts|exit|abort) *\(|(stdout|stderr)[,);]' "$file"; then
    echo "$file prints or exits; only cli/ may"
    faults=$((faults + 1))
  fi
done
[ $faults -eq 0 ] || exit 1
echo "includes point one way"

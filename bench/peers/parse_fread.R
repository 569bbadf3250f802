# Rscript parse_fread.R FILE: id,date,channel, typed, by data.table; the sums of bench_parse and `time call SECONDS`.
#
# SPDX-License-Identifier: GPL-3.0-or-later
suppressMessages(library(data.table))
setDTthreads(as.integer(Sys.getenv("OMP_NUM_THREADS", "2")))
file <- commandArgs(TRUE)[1]
start <- proc.time()[["elapsed"]]
table <- fread(file, sep = ",", colClasses = list(character = "customer_id", IDate = "date", character = "channel"))
taken <- proc.time()[["elapsed"]] - start
cat(sprintf("rows %d\ndays %.0f\nid_bytes %.0f\n", nrow(table), sum(as.numeric(table$date)), sum(as.numeric(nchar(table$customer_id, "bytes")))))
levels <- table[, .N, keyby = channel]
cat(sprintf("level %s %d\n", levels$channel, levels$N), sep = "")
cat(sprintf("time call %.6f\n", taken))

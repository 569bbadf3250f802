# Rscript fit.R glm.fit|glmnet|glmnet-default MATRIX COEFFICIENTS OURS
# R on the matrix of make_matrix. Prints `time NAME SECONDS`; the file gets a line a model for bench_judge.
# glmnet fits the lambdas in OURS (first column), to a tight threshold or its own.
#
# SPDX-License-Identifier: GPL-3.0-or-later
words <- commandArgs(TRUE)
method <- words[1]
file <- file(words[2], "rb")
header <- readBin(file, "integer", 4)
rows <- header[1]
columns <- header[3]
x <- matrix(readBin(file, "double", rows * columns), rows, columns)
y <- readBin(file, "double", rows)
close(file)
if (method == "glm.fit") {
  x <- cbind(1, x)
  start <- proc.time()[["elapsed"]]
  fit <- glm.fit(x, y, family = binomial(), control = list(epsilon = 1e-12, maxit = 50))
  elapsed <- proc.time()[["elapsed"]] - start
  models <- rbind(c(0, fit$coefficients))
} else {
  suppressMessages(library(glmnet))
  lambdas <- as.matrix(read.table(words[4]))[, 1]
  glmnet.control(fdev = 0, devmax = 1) # fits every lambda, also where the deviance hardly falls
  threshold <- if (method == "glmnet") 1e-12 else 1e-7
  start <- proc.time()[["elapsed"]]
  fit <- glmnet(x, y, family = "binomial", alpha = 1, lambda = lambdas, thresh = threshold, maxit = 1e7)
  elapsed <- proc.time()[["elapsed"]] - start
  models <- cbind(lambdas, t(as.matrix(coef(fit))))
}
cat(sprintf("time call %.6f\n", elapsed))
write(t(matrix(sprintf("%.17g", models), nrow(models))), words[3], ncolumns = ncol(models))

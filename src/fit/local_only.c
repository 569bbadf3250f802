int churn_local_only(void); int churn_local_only(void) { return 0; }

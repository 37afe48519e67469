"""The pages: what stands where; the browser code in ``assets`` fills it."""

/** A program that fails on its own. */
throw new Error("byok:tenant is missing");

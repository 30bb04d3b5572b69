/** @type {import("jest").Config} */
const config = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // Type checking is its own script; swc only strips types, so that a run starts in milliseconds.
  transform: {
    "^.+\\.[mc]?[jt]s$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  // The noble packages are ESM-only; jest's module registry needs them as CommonJS.
  transformIgnorePatterns: ["/node_modules/(?!@noble/)"],
  // Sources import each other as "./x.js", which nodenext resolves to ./x.ts.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  testTimeout: 30_000,
  maxWorkers: 2,
};

module.exports = config;

import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** One-way arrows between folders (docs/architecture.md): `from` may not be imported by `target`. */
const arrows = [
  {
    target: "./runtime",
    from: ["./components", "./stacks", "./sandbox", "./review", "./test"],
    except: [],
    message: "runtime imports nothing of provisioning, its review or the sandbox.",
  },
  {
    target: "./runtime/floe",
    from: "./runtime",
    except: ["./floe"],
    message: "runtime/floe stands alone: it knows nothing of where keys come from.",
  },
  {
    target: "./runtime/xaes",
    from: "./runtime",
    except: ["./xaes", "./floe"],
    message: "runtime/xaes stands on runtime/floe's engines alone.",
  },
  {
    target: "./runtime/master-key",
    from: ["./runtime/secret", "./runtime/application-credentials", "./runtime/keychain", "./runtime/cli"],
    message: "master-key is the lowest layer.",
  },
  {
    target: "./runtime/keychain",
    from: ["./runtime/application-credentials", "./runtime/cli"],
    message: "The command line is on top of the runtime, never under it.",
  },
  {
    target: "./runtime/secret",
    from: ["./runtime/application-credentials", "./runtime/keychain", "./runtime/cli"],
    message: "secret is below application-credentials, keychain and cli.",
  },
  {
    target: "./runtime/application-credentials",
    from: ["./runtime/keychain", "./runtime/cli"],
    message: "application-credentials stands on secret's sealing, beside keychain.",
  },
  {
    target: "./components",
    from: ["./stacks", "./sandbox", "./review", "./test"],
    message: "components know neither the program that uses them nor the sandbox.",
  },
  {
    target: "./components",
    from: "./runtime",
    except: ["./master-key/descriptor.ts"],
    message: "components may take types from runtime/master-key/descriptor, nothing else.",
  },
  {
    target: "./stacks",
    from: ["./runtime", "./sandbox", "./review", "./test"],
    message: "stacks import components only.",
  },
  {
    target: "./review",
    from: ["./sandbox", "./test"],
    message: "review reads programs and their configuration; it plays no cloud.",
  },
  {
    target: "./sandbox",
    from: "./review",
    message: "the sandbox plays clouds; what a program declares is none of its business.",
  },
];

export default defineConfig(
  { ignores: ["dist/", "coverage/", "node_modules/", "*.config.*"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createNodeResolver({ extensionAlias: { ".js": [".ts", ".js"] } })] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones: arrows }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // An async method without await is how an interface of promises is met by a synchronous provider.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["runtime/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/*"], message: "The runtime never needs, loads or installs Pulumi." }] },
      ],
    },
  },
  {
    files: ["components/**", "stacks/**", "review/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@aws-sdk/*", "@azure/*", "@google-cloud/*"], message: "Components never talk to a KMS: the providers do." }] },
      ],
    },
  },
);

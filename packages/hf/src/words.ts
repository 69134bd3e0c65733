import type { StoreWords } from "@conn/files/base";

/** How messages speak of the hub. */
export const words: StoreWords = {
  title: "Hugging Face",
  container: "repository",
  file: "file",
  credentials:
    "Run `hf auth login`, set HF_TOKEN, or give `token` in the section; tokens are made at https://huggingface.co/settings/tokens",
  login: "Make a new token at https://huggingface.co/settings/tokens, and set HF_TOKEN to it.",
  permissions:
    "Use a token that may do this: one with read or write access to the repository, of an account that has accepted its terms.",
};

import * as secrets from "./broken/secrets.ts";
import { catches } from "./catches.ts";

catches([
  [secrets.UndescribedSettings, "help.settings"],
  [secrets.SilentMembers, "help.members"],
  [secrets.LooseSettings, "configuration.unknown"],
  [secrets.CoercedSettings, "configuration.types"],
  [secrets.UnmarkedSecret, "configuration.secrets-marked"],
  [secrets.PublicSettings, "secrets.printed"],
  [secrets.PrintsSecret, "secrets.output"],
]);

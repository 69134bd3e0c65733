import { Converter, ReflectionKind } from "typedoc";

/** For TypeDoc: calls each module what an import calls it, `@conn/core/toolkit` and not `core/src/toolkit`. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module))
      module.name = module.name.replace(/^([^/]+)\/src/, "@conn/$1");
  });
}

/**
 * What Are The Types Wrong says of a package of modules. `undefined` where it is not installed: it
 * brings a TypeScript of its own, which is too much to depend on.
 */
export async function typeProblems(tarball: Uint8Array): Promise<string[] | undefined> {
  const attw = await import("@arethetypeswrong/core").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  });
  if (!attw) return undefined;
  const result = await attw.checkPackage(attw.createPackageFromTarballData(tarball));
  if (result.types === false)
    return ['There are no types: build declarations, and name them in "exports".'];
  const { problemKindInfo } = await import("@arethetypeswrong/core/problems");
  return result.problems
    .filter((problem) => {
      const kind = "resolutionKind" in problem ? problem.resolutionKind : undefined;
      // conn is made of modules; how Node 10 and require() would resolve them is of no interest.
      return kind !== "node10" && kind !== "node16-cjs" && problem.kind !== "CJSResolvesToESM";
    })
    .map((problem) => {
      const { title, shortDescription } = problemKindInfo[problem.kind];
      const entry = "entrypoint" in problem ? ` (${problem.entrypoint})` : "";
      return `${title}${entry}: ${shortDescription.toLowerCase()}. See https://arethetypeswrong.github.io.`;
    });
}

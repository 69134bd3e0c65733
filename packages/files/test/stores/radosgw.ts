import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { StoreFacts } from "./facts.ts";
import { s3 } from "./s3.ts";

const accessKeyId = "jerry";
const secretAccessKey = "the-secret-of-jerry";

/**
 * S3 as Ceph's gateway has it, which checks signatures and heeds conditions: one monitor, one store in
 * memory and the gateway, from Debian's packages ceph-mon, ceph-osd, ceph-common and radosgw.
 */
export const radosgw: StoreFacts = {
  ...s3,
  title: "S3 as Ceph has it",
  conditions: true,
  async start() {
    const folder = await mkdtemp(join(tmpdir(), "conn-radosgw-"));
    const [monitor, gateway] = [await freePort(), await freePort()];
    const endpoint = `http://127.0.0.1:${gateway}`;
    const stop = async (): Promise<void> => {
      for (const name of ["radosgw", "osd", "mon"]) await kill(join(folder, `run/${name}.pid`));
      await rm(folder, { recursive: true, force: true });
    };
    try {
      await startCluster(folder, monitor, gateway);
      await untilAnswers(endpoint);
    } catch (error) {
      await stop();
      throw error;
    }
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    // The first bucket makes the gateway's pools, which takes seconds.
    await client.send(new CreateBucketCommand({ Bucket: "first" }));
    let count = 0;
    return {
      endpoint,
      async place(through = endpoint) {
        const bucket = `pets-${++count}`;
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        return { root: `s3://${bucket}/in/side`, endpoint: through, accessKeyId, secretAccessKey };
      },
      async [Symbol.asyncDispose]() {
        client.destroy();
        await stop();
      },
    };
  },
};

async function startCluster(folder: string, monitor: number, gateway: number): Promise<void> {
  for (const name of ["mon", "osd", "rgw", "run", "log"]) await mkdir(join(folder, name));
  const id = crypto.randomUUID();
  const address = `[v2:127.0.0.1:${monitor}]`;
  await writeFile(join(folder, "ceph.conf"), settings(folder, id, monitor, gateway));
  const run = (command: string, ...args: string[]): void => execute(folder, command, args);
  const ring = join(folder, "keyring");
  const all = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"];
  run(
    "ceph-authtool",
    "--create-keyring",
    ring,
    "--gen-key",
    "-n",
    "mon.",
    "--cap",
    "mon",
    "allow *",
  );
  run("ceph-authtool", ring, "--gen-key", "-n", "client.admin", ...all);
  run(
    "ceph-authtool",
    ring,
    "--gen-key",
    "-n",
    "osd.0",
    "--cap",
    "mon",
    "allow profile osd",
    "--cap",
    "osd",
    "allow *",
  );
  run("monmaptool", "--create", "--clobber", "--fsid", id, "--addv", "a", address, "monmap");
  run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap", "--keyring", ring);
  run("ceph-mon", "-i", "a", "--pid-file", join(folder, "run/mon.pid"));
  run("ceph", "osd", "create");
  run("ceph", "auth", "add", "osd.0", "-i", ring);
  run("ceph-osd", "-i", "0", "--mkfs");
  run("ceph-osd", "-i", "0", "--pid-file", join(folder, "run/osd.pid"));
  run("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=here", "root=default");
  run(
    "radosgw-admin",
    "user",
    "create",
    "--uid=jerry",
    "--display-name=jerry",
    `--access-key=${accessKeyId}`,
    `--secret=${secretAccessKey}`,
  );
  run(
    "radosgw",
    "-n",
    "client.admin",
    "--keyring",
    ring,
    "--pid-file",
    join(folder, "run/radosgw.pid"),
  );
}

/** https://docs.ceph.com/en/latest/rados/configuration/ */
function settings(folder: string, id: string, monitor: number, gateway: number): string {
  return `[global]
fsid = ${id}
mon host = v2:127.0.0.1:${monitor}/0
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
ms bind ipv6 = false
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file = ${folder}/log/$name.log
mon data = ${folder}/mon
keyring = ${folder}/keyring
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd max object name len = 256
osd max object namespace len = 64
public addr = 127.0.0.1
cluster addr = 127.0.0.1
rgw data = ${folder}/rgw
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw crypt require ssl = false
rgw run sync thread = false
`;
}

function execute(folder: string, command: string, args: readonly string[]): void {
  const takesConf = /^(ceph|radosgw|ceph-mon|ceph-osd|radosgw-admin)$/.test(command);
  const conf = takesConf ? ["-c", join(folder, "ceph.conf")] : [];
  const { status, stdout, stderr, error } = spawnSync(command, [...conf, ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr + stdout}`);
}

async function untilAnswers(endpoint: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (
      await fetch(endpoint).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await pause(200);
  }
  throw new Error(`The gateway at ${endpoint} does not answer.`);
}

async function kill(file: string): Promise<void> {
  const id = Number(await readFile(file, "utf8").catch(() => "0"));
  if (id > 0) process.kill(id, "SIGKILL");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

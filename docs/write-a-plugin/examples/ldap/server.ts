import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "ldapts";

export interface Directory extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

export const base = "dc=example,dc=org";
export const admin = { user: `cn=admin,${base}`, password: "only-for-this-test" };

/** An OpenLDAP server of its own on a free port, with no entries. */
export async function directory(): Promise<Directory> {
  const home = await mkdtemp(join(tmpdir(), "conn-ldap-"));
  await mkdir(join(home, "data"));
  await writeFile(join(home, "slapd.conf"), configuration(home));
  // Ubuntu's AppArmor keeps slapd, by its path, from files outside of /etc/ldap and /var/lib/ldap.
  const program = join(home, "slapd");
  await copyFile("/usr/sbin/slapd", program);
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const options = ["-h", url, "-f", join(home, "slapd.conf"), "-d", "0"];
  const server = spawn(program, options, { stdio: "ignore" });
  await once(server, "spawn");
  const client = new Client({ url });
  for (let attempt = 0; ; attempt++) {
    try {
      await client.bind(admin.user, admin.password);
      break;
    } catch (error) {
      if (attempt > 100 || server.exitCode !== null) throw error;
      await pause(50);
    }
  }
  await client.unbind();
  return {
    port,
    url,
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
      await rm(home, { recursive: true, force: true });
    },
  };
}

function configuration(home: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${home}/slapd.pid
database mdb
directory ${home}/data
suffix "${base}"
rootdn "${admin.user}"
rootpw ${admin.password}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ConductorMachine } from './conductor-lab.ts'

/** Writes the inventory of the machines (docs/metal.md) and gives its path. Passwords are in a file beside it. */
export function placeInventory(directory: string, machines: readonly ConductorMachine[]): string {
  const path = join(directory, 'inventory.yaml')
  writeFileSync(path, stringify({ nodes: machines.map(nodeOf) }))
  return path
}

function nodeOf(machine: ConductorMachine): unknown {
  const { name, driver, bmc, ipmi, redfish, mac, address, diskGiB, memoryMiB, firmware } = machine
  const login = { username: bmc.username, password: { file: bmc.passwordFile } }
  return {
    name,
    driver,
    bmc:
      driver === 'ipmi'
        ? {
            address: ipmi.address,
            port: ipmi.port,
            ...login,
            options: { ipmi_cipher_suite: ipmi.cipherSuite },
          }
        : { address: redfish.address, ...login, options: { redfish_system_id: redfish.systemId } },
    ports: [mac],
    ...(machine.deploy === undefined ? {} : { interfaces: { deploy: machine.deploy } }),
    properties: {
      cpu_arch: machine.architecture ?? 'x86_64',
      ...(diskGiB === 0 ? {} : { local_gb: diskGiB - 1 }),
      memory_mb: memoryMiB,
      capabilities: `boot_mode:${firmware}`,
    },
    address,
  }
}

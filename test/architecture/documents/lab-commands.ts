import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'
import type { Ran } from './run-command.ts'
import type { Scenario } from './scenario.ts'

/** A lab of the conductor as its files describe it; nothing of it runs. Documents of what runs: test/integration/metal/lab-documents. */
export function labScenarios(directory: string): readonly Scenario[] {
  const lab = join(directory, 'lab')
  const run = async (...words: readonly string[]): Promise<Ran> => {
    const before = process.env['ANNEAL_LAB']
    process.env['ANNEAL_LAB'] = lab
    try {
      return await runCommand('lab', ...words)
    } finally {
      if (before === undefined) delete process.env['ANNEAL_LAB']
      else process.env['ANNEAL_LAB'] = before
    }
  }
  return [
    {
      name: 'lab status',
      run: () => {
        describeLab(join(lab, 'openstack/one'))
        mkdirSync(join(lab, 'openstack/left'))
        return run('status')
      },
    },
    { name: 'lab nodes', run: () => run('nodes', '--lab', 'one') },
    { name: 'lab env', run: () => run('env', '--lab', 'one') },
    { name: 'lab env of a lab that is not there', run: () => run('env', '--lab', 'two'), exit: 2 },
  ]
}

/** What `anneal lab up --conductor --nodes 1` leaves in the directory of a lab. */
function describeLab(directory: string): void {
  mkdirSync(directory, { recursive: true })
  const node = join(directory, 'nodes/node0')
  const description = {
    network: {
      namespace: 'anneal-one-4db9c7',
      subnet: 169,
      address: '10.77.169.1',
      hostAddress: '10.77.169.254',
      hostInterface: 'anneal-l169',
    },
    nodes: [
      {
        name: 'node0',
        cpus: 2,
        memoryMiB: 1024,
        diskGiB: 5,
        firmware: 'bios',
        mac: '52:54:00:77:a9:01',
        uuid: 'ff7f9484-a56a-4a58-8a2b-dcf3abe6f9f6',
        address: '10.77.169.10',
        bmc: { username: 'admin', passwordFile: join(directory, 'bmc-password') },
        ipmi: { address: '10.77.169.1', port: 6230, cipherSuite: 3 },
        redfish: { address: 'http://10.77.169.1:8000', systemId: '/redfish/v1/Systems/ff7f9484' },
        directory: node,
        consoleLog: join(node, 'console.log'),
        consoleSocket: join(node, 'console.sock'),
        disk: join(node, 'disk.raw'),
        driver: 'ipmi',
      },
    ],
    inventoryFile: join(directory, 'inventory.yaml'),
    conductor: {
      stateDirectory: directory,
      operators: '10.77.169.1:6385',
      machines: '10.77.169.1:6386',
      interface: 'br0',
      subnet: '10.77.169.0/24',
    },
  }
  writeFileSync(join(directory, 'conductor.json'), JSON.stringify(description))
}

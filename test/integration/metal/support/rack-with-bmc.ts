import assert from 'node:assert/strict'
import { openBmc } from '../../../../src/adapters/bmc/index.ts'
import { serveConductor } from '../../../../src/server/index.ts'
import type { ServedConductor } from '../../../../src/server/index.ts'
import type { SimulatedRack } from '../../../fixtures/conductor/index.ts'
import type { IpmiSim } from './ipmi-sim.ts'

/** Serves a rack in memory over HTTP, with one machine whose BMC is real. */
export async function serveRackWithBmc(rack: SimulatedRack, bmc: IpmiSim): Promise<ServedConductor> {
  rack.openBmc = openBmc
  const served = await serveConductor(rack.conductor, {
    api: { address: '127.0.0.1', port: 0 },
    machines: { address: '127.0.0.1', port: 0 },
    files: {},
    say: (text) => assert.fail(text),
  })
  const { host, port, username, password, cipherSuite } = bmc.address
  rack.enroll({
    ipmi_address: host,
    ipmi_port: port,
    ipmi_username: username,
    ipmi_password: password,
    ipmi_cipher_suite: cipherSuite,
  })
  return served
}

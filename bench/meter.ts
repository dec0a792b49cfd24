import { writeFileSync } from 'node:fs'
import { libvirtHypervisor } from '../src/adapters/libvirt/index.ts'
import { systemClock } from '../src/adapters/system/index.ts'
import { OutageMeter } from '../src/runtime/node/index.ts'

/** Runs on the compute host: measures libvirt's API until SIGTERM, then writes the result to the file named. */
const [, , file = '/run/meter.json', socket = '/run/libvirt/libvirt-sock'] = process.argv
const meter = new OutageMeter(libvirtHypervisor({ sockets: [socket] }), systemClock, 10)
meter.start()
process.once('SIGTERM', () => {
  void meter.stop().then((outage) => writeFileSync(file, JSON.stringify(outage)))
})
writeFileSync(`${file}.ready`, '')

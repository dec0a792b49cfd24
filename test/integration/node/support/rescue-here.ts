/**
 * Runs on a host of the test bed: takes the census and moves everybody out of the named containers.
 *
 *     node rescue-here.ts CONTAINER-ID…      prints {guests, helpers, reports, milliseconds} as JSON
 *
 * With --census it only looks.
 */
import { cgroupRescuer, hostKernel, rescueRecords } from '../../../../src/adapters/cgroup/index.ts'
import { libvirtGuestFiles } from '../../../../src/adapters/libvirt/index.ts'
import { procReader } from '../../../../src/adapters/proc/index.ts'
import { systemdUnits } from '../../../../src/adapters/systemd/index.ts'
import { isAnnealError } from '../../../../src/core/index.ts'
import { takeCensus } from '../../../../src/node/index.ts'
import type { RescueReport } from '../../../../src/ports/index.ts'

const from = process.argv.slice(2).filter((argument) => argument !== '--census')
const census = takeCensus({
  table: await procReader().table(),
  statusFiles: await libvirtGuestFiles().statusFiles(),
  containers: [],
  declared: [],
})
const rescuer = cgroupRescuer({ kernel: hostKernel(), units: systemdUnits(), records: rescueRecords() })
const reports: RescueReport[] = []
const started = performance.now()
let failure: unknown
try {
  if (!process.argv.includes('--census')) {
    for (const guest of census.guests) {
      const helpers = census.helpers.filter((helper) => helper.guests.includes(guest.uuid))
      reports.push(await rescuer.rescue(guest, helpers, from))
    }
    for (const helper of census.helpers) {
      const shared = ['virtlogd', 'virtlockd', 'dnsmasq'].includes(helper.kind)
      if (shared || helper.guests.length !== 1) reports.push(await rescuer.rescueHelper(helper, from))
    }
  }
} catch (error) {
  failure = isAnnealError(error)
    ? { code: error.code, message: error.message, remedy: error.remedy }
    : String(error)
}
const milliseconds = performance.now() - started
process.stdout.write(JSON.stringify({ ...census, reports, milliseconds, failure }))

import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { makeConfigDrive } from '../../adapters/config-drive/index.ts'
import { openBmc } from '../../adapters/bmc/index.ts'
import { openAgent } from '../../adapters/deploy-agent/index.ts'
import { writeDiskByIscsi } from '../../adapters/iscsi/index.ts'
import { startNetboot } from '../../adapters/netboot/index.ts'
import { lastingSecrets, openConductorStore, openInstanceFiles } from '../../adapters/state/index.ts'
import { hexDigest, systemClock } from '../../adapters/system/index.ts'
import type { NetbootSettings } from '../../conductor/index.ts'
import type { Netboot } from '../../ports/index.ts'
import { Conductor } from '../../runtime/conductor/index.ts'
import type { ConductorSettings } from '../../runtime/conductor/index.ts'
import { diskComposer } from './compose-disk.ts'
import { imageDigester } from './digest-image.ts'
import { openDeployImage } from './open-deploy-image.ts'
import { openLiveSet } from './open-live-set.ts'

export type ConductorOptions = Omit<ConductorSettings, 'silenceMs'> &
  Readonly<{
    /** Everything that the conductor keeps. */
    stateDirectory: string
    /** Absent: another DHCP server leads the machines to this conductor’s boot script. */
    netboot?: NetbootSettings
    silenceMs?: ConductorSettings['silenceMs']
  }>

export type OpenedConductor = AsyncDisposable &
  Readonly<{
    conductor: Conductor
    /** Settles when the DHCP server has ended by itself. */
    netbootEnded: Promise<Error>
  }>

/** A machine boots its firmware, iPXE, and the ramdisk; large servers take minutes for the first alone. */
const SILENCE_MS = { boot: 20 * 60_000, work: 10 * 60_000 } as const

/**
 * A conductor with the state of this directory. It answers machines once it is started; dispose of it when done. Tasks stay
 * where they are, and the next process goes on with them. Throws CONDUCTOR_LOCKED, CONDUCTOR_DATABASE_NEWER, NETBOOT_….
 */
export async function openConductor(options: ConductorOptions): Promise<OpenedConductor> {
  const { stateDirectory, netboot: settings, silenceMs = SILENCE_MS } = options
  await using opening = new AsyncDisposableStack()
  const store = openConductorStore(stateDirectory)
  opening.defer(() => store.close())
  const netboot =
    settings === undefined ? NO_NETBOOT : await startNetboot(settings, join(stateDirectory, 'netboot'))
  opening.defer(() => netboot.stop())
  const conductor = new Conductor(
    {
      store,
      openBmc,
      netboot,
      openImage: (request) => openDeployImage({ temporaryDirectory: stateDirectory, ...request }),
      openLiveSet,
      composeDisk: diskComposer(),
      makeConfigDrive,
      packConfigDrive: async (drive) => Buffer.from((await promisify(gzip)(drive)).toString('base64')),
      openAgent,
      digestImage: imageDigester(),
      instances: openInstanceFiles(stateDirectory),
      writeByIscsi: async (target, disk, onWritten, signal) => {
        // The deploy ramdisk offers its disk as the first unit of the target.
        await writeDiskByIscsi({ ...target, lun: 1 }, disk, { onWritten, signal })
      },
      secrets: {
        token: () => randomBytes(32).toString('hex'),
        lasting: lastingSecrets(stateDirectory),
        digest: hexDigest,
        uuid: () => randomUUID(),
      },
      clock: systemClock,
    },
    { ...options, silenceMs },
  )
  opening.defer(() => conductor.stop())
  conductor.takeUp()
  const kept = opening.move()
  return { conductor, netbootEnded: netboot.ended, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const NO_NETBOOT: Netboot = {
  check: () => undefined,
  serve: () => Promise.resolve(),
  addressOf: () => undefined,
  watch: () => () => undefined,
  ended: new Promise(() => undefined),
  stop: () => Promise.resolve(),
}

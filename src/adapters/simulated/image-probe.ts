import type { LibvirtFacts } from '../../node/index.ts'
import type { ImageProbe } from '../../ports/index.ts'
import type { CrashPoints } from '../../saga/index.ts'
import type { SimulatedImage } from './simulated-guest.ts'

/** Asks the images of a simulated node. */
export function imageProbe(images: ReadonlyMap<string, SimulatedImage>, points: CrashPoints): ImageProbe {
  return {
    libvirtFacts: async (imageId): Promise<LibvirtFacts | undefined> => {
      const image = images.get(imageId)
      if (image?.libvirt === undefined) return undefined
      return {
        imageId,
        libvirtVersion: image.libvirt,
        qemuVersion: '7.2',
        machineTypes: [],
        writtenFlags: image.flags ?? [],
      }
    },
    readGuests: async (imageId, { flags }) => ({
      refused: [],
      unknownFlags: flags.filter((flag) => images.get(imageId)?.flags?.includes(flag) !== true),
    }),
    tryHooks: () => Promise.resolve([]),
    poolTypes: () => Promise.resolve(['dir']),
    networkFilters: () => Promise.resolve([]),
    prewarm: () => points.around('prewarm', () => 'simulated'),
  }
}

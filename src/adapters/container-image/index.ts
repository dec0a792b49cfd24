export { openContainer } from './open-container.ts'
export type { ContainerImage, LayerFacts, OpenContainerOptions } from './open-container.ts'

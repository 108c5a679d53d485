/** Opens a channel between the tabs of an origin. In Node, where pages are rendered, it keeps no program alive. */
export function channel(name: string): BroadcastChannel {
  const opened = new BroadcastChannel(name);
  (opened as { unref?: () => void }).unref?.();
  return opened;
}

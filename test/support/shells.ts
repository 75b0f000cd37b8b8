/** The shells in which what is rendered must hold, by name: how each is started. */
export const shells = {
  dash: ["dash"],
  bash: ["bash"],
  "bash --posix": ["bash", "--posix"],
  "busybox sh": ["busybox", "sh"],
  mksh: ["mksh"],
  "zsh --emulate sh": ["zsh", "--emulate", "sh"],
  yash: ["yash"],
} as const;

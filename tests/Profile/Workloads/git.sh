# git: commits, clone, push, gc, fsck, stash, worktrees.
set -e; export HOME=/tmp GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; cd /tmp; git init -q -b m g; cd g
for i in 1 2 3 4 5; do seq 1 ${i}000 >f$i; git add .; git commit -qm c$i; done; git checkout -qb x; echo y >>f1; git stash -q; git stash pop -q; git commit -qam d; git checkout -q m; git merge -q x; git repack -adq; git gc -q; git fsck --full 2>/dev/null; git log -p >/dev/null
git clone -q --bare . ../h.git; git push -q ../h.git m:n; git clone -q file:///tmp/h.git ../i; git worktree add -q ../j; git grep -q 1; git archive m | tar t >/dev/null; git bisect start >/dev/null; echo OK

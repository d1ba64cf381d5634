# SPDX-License-Identifier: GPL-3.0-or-later
"""A Slurm of one node for a test: munged, slurmctld and slurmd in a folder of its own, on the
loopback device alone, without systemd. What was started is stopped."""

import os
import pathlib
import pwd
import secrets
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel")
START_SECONDS, STOP_SECONDS = 120, 120

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MaxArraySize={array_size}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=1000 State=UNKNOWN
PartitionName=batch Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")


def missing():
    """What keeps Slurm from being started here, None when nothing does."""
    absent = [program for program in PROGRAMS if not find(program)]
    if absent:
        return f"no {', '.join(absent)} (Debian: munge slurmctld slurmd slurm-client)"
    return None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Slurm:
    def __init__(self, folder, array_size=1001):
        self.folder = pathlib.Path(folder)
        self.started = []
        self.configuration = self.folder / "slurm.conf"
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(64))
        key.chmod(0o600)
        self.configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                host=socket.gethostname().split(".")[0],
                user=pwd.getpwuid(os.geteuid()).pw_name,
                ports=free_ports(2),
                cpus=os.cpu_count(),
                array_size=array_size,
            )
        )
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(self.configuration),
            "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin",
        }

    def start(self, *command):
        log = (self.folder / f"{pathlib.Path(command[0]).name}.out").open("wb")
        with log:
            self.started.append(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
                )
            )

    def __enter__(self):
        try:
            folder = self.folder
            self.start(
                find("munged"), "--foreground", "--force", f"--socket={folder}/munge.sock",
                f"--key-file={folder}/munge.key", f"--pid-file={folder}/munge.pid",
                f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed",
            )
            self.wait_for(lambda: (folder / "munge.sock").exists(), "munged")
            self.start(find("slurmctld"), "-D", "-f", str(self.configuration))
            self.wait_for(lambda: "UP" in self.run("scontrol", "ping", check=False), "slurmctld")
            self.start(find("slurmd"), "-D", "-f", str(self.configuration))
            self.wait_for(lambda: "State=IDLE" in self.run("scontrol", "show", "node"), "slurmd")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_for(self, condition, what):
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            ended = [process.args[0] for process in self.started if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"{what} does not start ({ended}):\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        return "".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}\n"
            for pattern in ("*.log", "*.out")
            for path in sorted(self.folder.glob(pattern))
        )

    def run(self, *command, check=True):
        done = subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            check=False, timeout=300,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr.decode()}\n{self.logs()}")
        return done.stdout.decode()

    def states(self, job):
        """States of the tasks of a job that Slurm still knows, by task."""
        lines = self.run("scontrol", "--oneliner", "show", "job", job, check=False).splitlines()
        fields = [dict(x.split("=", 1) for x in line.split() if "=" in x) for line in lines]
        return {f.get("ArrayTaskId", ""): f["JobState"] for f in fields if "JobState" in f}

    def wait_until_done(self, seconds):
        deadline = time.monotonic() + seconds
        while self.run("squeue", "--noheader").strip():
            if time.monotonic() > deadline:
                raise RuntimeError(f"jobs do not end:\n{self.run('squeue')}\n{self.logs()}")
            time.sleep(0.2)

    def cancel(self):
        """Every job."""
        self.run("scancel", "--user", pwd.getpwuid(os.geteuid()).pw_name)

    def stop(self):
        """In the order that leaves none of them waiting for another."""
        if len(self.started) == 3:
            self.cancel()
            self.wait_until_done(STOP_SECONDS)
        for process in reversed(self.started):
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.started = []
